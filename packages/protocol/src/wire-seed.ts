import { checkChannelOrWildcard } from './channel-name.js';
import { ProtocolError } from './errors.js';
import type { JsonLine } from './publication.js';
import { UNSUBSCRIBES } from './unsubscribe-codes.js';
import { FROM_NOW, type Command, type Reply, type Wire } from './wire.js';

/** The longest command, in UTF-16 code units. */
const MAX_SEED_COMMAND_LENGTH = 8192;

/**
 * newswire's original plain-text wire: `sub#77707|77708`, `unsub#77707`. Every publication is one
 * text frame: a string's characters, or any other value's JSON text. Refusals are
 * `error#<code>#<reason>`. White space around a command is ignored.
 */
export const seedWire: Wire = {
  name: 'seed',
  index: 0,
  connects: false,
  hasPositions: false,
  joint: undefined,
  pingFrame: undefined,
  maxRefusals: 20,
  decode: (text) => [decode(text)],
  encode: (_, { data }) => toSeedText(data),
  encodeReply,
};

function decode(text: string): Command {
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

/** A publication's data as text: a string's characters, or any other value's JSON text. */
export function toSeedText(data: JsonLine): string {
  if (!data.startsWith('"')) return data;
  if (!data.includes('\\')) return data.slice(1, -1);
  // A lone surrogate is not valid UTF-8: sent raw, it would make the client drop the connection.
  return (JSON.parse(data) as string).toWellFormed();
}
