import {
  checkChannelOrWildcard,
  closesAfterRefusals,
  closesAtGap,
  connectsByFirstCommand,
  FROM_NOW,
  ProtocolError,
  toPlainText,
  UNSUBSCRIBES,
  type Codec,
  type Command,
  type Frame,
  type Protocol,
  type Reply,
} from '@newswire/protocol';
import type { ProtocolModule } from '../protocol-module.js';

/** The longest command, in UTF-16 code units. */
const MAX_SEED_COMMAND_LENGTH = 8192;

const MAX_REFUSALS = 20;

/**
 * The codec of newswire's original plain-text protocol: `sub#77707|77708`, `unsub#77707`. Every
 * publication is one text frame: a string's characters, or any other value's JSON text. Refusals
 * are `error#<code>#<reason>`. White space around a command is ignored.
 */
export const seedCodec: Codec<string> = {
  name: 'seed',
  decode: (frame) => [decode(frame)],
  encodePublication: (_, { data }) => toPlainText(data),
  encodeReply,
  joinFrames: (frames) => frames,
};

/** Commands have no replies and clients have no positions. */
export const seedProtocol: Protocol = {
  name: 'seed',
  codec: seedCodec,
  connecting: connectsByFirstCommand,
  gaps: closesAtGap,
  refusals: { ...closesAfterRefusals(MAX_REFUSALS), refuseRepeated: () => undefined },
};

/** On `/ws`, everything that no other protocol recognizes. */
export const seed: ProtocolModule = { protocol: seedProtocol, webSockets: [{ path: '/ws' }] };

function decode(text: Frame): Command {
  if (typeof text !== 'string') {
    throw new ProtocolError('badRequest', 'this protocol has no binary frames');
  }
  if (text.length > MAX_SEED_COMMAND_LENGTH) {
    throw new ProtocolError(
      'limitExceeded',
      `a command has ${text.length} characters, ${MAX_SEED_COMMAND_LENGTH} are allowed`,
    );
  }
  const command = text.trim();
  const verbEnd = command.indexOf('#');
  const type = parseVerb(command.slice(0, Math.max(verbEnd, 0)));
  const channels = [...new Set(command.slice(verbEnd + 1).split('|'))];
  channels.forEach(checkChannelOrWildcard);
  if (type === 'unsubscribe') return { type, id: 0, channels };
  return { type, id: 0, requests: channels.map((channel) => ({ channel, since: FROM_NOW })) };
}

/** Commands are not acknowledged. The end of a subscription is reported. */
function encodeReply(reply: Reply): string | undefined {
  switch (reply.type) {
    case 'error':
      return `error#${reply.error.code}#${reply.error.message}`;
    case 'ended': {
      const { code, reason } = UNSUBSCRIBES[reply.kind];
      return `error#${code}#${reason}: ${reply.channel}`;
    }
    default:
      return undefined;
  }
}

function parseVerb(verb: string): 'subscribe' | 'unsubscribe' {
  switch (verb) {
    case 'sub':
      return 'subscribe';
    case 'unsub':
      return 'unsubscribe';
    default:
      throw new ProtocolError(
        'badRequest',
        'a command must be sub#CHANNEL|CHANNEL or unsub#CHANNEL|CHANNEL',
      );
  }
}
