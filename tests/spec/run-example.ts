import { Conversation } from './conversation.js';
import type { Example, Step } from './document.js';
import { type FrameForm, HttpPeer, textForm, WebSocketPeer } from './peers.js';
import { protobufBody, protobufForm } from './protobuf-form.js';
import { PusherForm } from './pusher-form.js';
import type { Setting } from './setting.js';
import { Shell } from './shell.js';

/** One example on its way. */
interface Run {
  take(step: Step): Promise<void>;
  /** Ends it; resolves with what came and the example does not say. */
  end(): Promise<readonly string[]>;
}

/** Resolves if everything went as the example says; rejects with the first line that did not. */
export async function runExample(example: Example, setting: Setting): Promise<void> {
  const run = start(example, setting);
  for (const step of example.steps) {
    await run.take(step).catch(async (error: Error) => {
      await run.end().catch(() => undefined); // what failed first says more
      throw new Error(`line ${step.line}: ${error.message}`, { cause: error });
    });
  }
  const [unexpected] = await run.end();
  if (unexpected !== undefined) {
    throw new Error(`line ${example.line}: nobody expected ${unexpected}`);
  }
}

/** How the frames of one connection are written. */
function newForm(kind: 'ws' | 'ws-protobuf' | 'ws-pusher'): FrameForm {
  if (kind === 'ws-pusher') return new PusherForm();
  return kind === 'ws' ? textForm : protobufForm;
}

function start({ kind, path }: Example, setting: Setting): Run {
  switch (kind) {
    case 'sh':
      return new Shell(setting);
    case 'http':
      return new Conversation(setting, async () => new HttpPeer(setting.url));
    case 'http-protobuf':
      return new Conversation(setting, async () => new HttpPeer(setting.url, protobufBody));
    case 'ws':
    case 'ws-protobuf':
    case 'ws-pusher': {
      const url = setting.url.replace(/^http/, 'ws') + path;
      return new Conversation(setting, () => WebSocketPeer.open(url, newForm(kind)));
    }
  }
}
