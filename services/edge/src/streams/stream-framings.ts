import type { StreamFraming } from '@newswire/transport';
import { eventStreamRefusal, jsonRefusal, buildRefusal } from './refusal.js';

/** Server-sent events, one for each frame. */
export const eventFraming: StreamFraming = {
  contentType: 'text/event-stream',
  isShared: true,
  frame: (text) => `data: ${text.replaceAll('\n', '\ndata: ')}\n\n`,
  refusal: (code, reason) => eventStreamRefusal(buildRefusal(code, reason), false),
};

/** One reply or push per line. */
export const lineFraming: StreamFraming = {
  contentType: 'application/json',
  isShared: true,
  frame: (text) => `${text}\n`,
  refusal: (code, reason) => jsonRefusal(buildRefusal(code, reason)),
};
