import { createHmac } from 'node:crypto';
import type { FrameForm } from './peers.js';

/** The app of the examples. */
const KEY = 'app-key';
const SECRET = 'a-secret-of-16-or-more';

interface PusherFrame {
  readonly event: string;
  readonly data?: unknown;
}

/**
 * The frames of Pusher's protocol as examples write them: data that is JSON in a text is written as that
 * JSON, and `"auth":"signature"` is what the backend signs for this connection.
 */
export class PusherForm implements FrameForm {
  #socketId = '';

  encode(text: string): string {
    if (!text.startsWith('{')) return text;
    const frame = JSON.parse(text) as PusherFrame;
    const { auth, ...data } = (frame.data ?? {}) as Record<string, unknown>;
    if (auth !== 'signature') return text;
    return JSON.stringify({ ...frame, data: { ...data, auth: this.#sign(data) } });
  }

  decode(bytes: Buffer): readonly string[] {
    const frame = JSON.parse(String(bytes)) as PusherFrame;
    const data = typeof frame.data === 'string' ? parse(frame.data) : frame.data;
    if (frame.event === 'pusher:connection_established') {
      this.#socketId = (data as { readonly socket_id: string }).socket_id;
    }
    return [JSON.stringify({ ...frame, data })];
  }

  #sign({ channel, channel_data: channelData, user_data: userData }: Record<string, unknown>) {
    const parts =
      userData === undefined
        ? [channel, ...(channelData === undefined ? [] : [channelData])]
        : ['', 'user', '', userData];
    const text = [this.#socketId, ...parts].join(':');
    return `${KEY}:${createHmac('sha256', SECRET).update(text).digest('hex')}`;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
