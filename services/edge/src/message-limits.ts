import { ConfigError, SETTINGS, type Config } from '@newswire/runtime';
import { MAX_TOKEN_BYTES } from './access/token-verifier.js';

/**
 * Bytes of a subscribe command without its token and data: the longest channel name, a position,
 * options.
 */
const SUBSCRIBE_BYTES = 512;

/**
 * The highest default. A longer first message requires NEWSWIRE_MAX_FRAME_BYTES, unless it contains
 * no tokens.
 */
const MAX_DEFAULT_FRAME_BYTES = 16_777_216;

/** Bytes of a publication's message besides its data: channel, tags, position. */
const PUBLICATION_BYTES = 8192;

/** The settings that determine the message limits. */
export const MESSAGE_LIMIT_SETTINGS = [
  'maxFrameBytes',
  'maxMessageBytes',
  'maxDataBytes',
  'maxChannelsPerSession',
] as const;

type Limits = Config<(typeof MESSAGE_LIMIT_SETTINGS)[number]>;

/**
 * The longest message that a client may send, in bytes. The default has room for a client's first
 * message: `connect` with all its subscriptions, each with a token. Throws ConfigError if a limit
 * is too low for the other settings.
 */
export function computeMaxFrameBytes(limits: Limits): number {
  const faults = [frameFault(limits), messageFault(limits)].filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new ConfigError(faults);
  const { maxFrameBytes, maxChannelsPerSession, maxDataBytes } = limits;
  if (maxFrameBytes !== undefined) return maxFrameBytes;
  const withTokens =
    (maxChannelsPerSession + 1) * (SUBSCRIBE_BYTES + MAX_TOKEN_BYTES) + maxDataBytes;
  return Math.max(Math.min(withTokens, MAX_DEFAULT_FRAME_BYTES), leastFrameBytes(limits));
}

function leastFrameBytes({ maxChannelsPerSession, maxDataBytes }: Limits): number {
  return (maxChannelsPerSession + 1) * SUBSCRIBE_BYTES + maxDataBytes;
}

function frameFault(limits: Limits): string | undefined {
  const least = leastFrameBytes(limits);
  if (limits.maxFrameBytes === undefined || limits.maxFrameBytes >= least) return undefined;
  return (
    `${SETTINGS.maxFrameBytes.name} must be at least ${least}: ` +
    `a client subscribes to up to ${limits.maxChannelsPerSession} channels ` +
    `(${SETTINGS.maxChannelsPerSession.name}) in its first message.`
  );
}

function messageFault({ maxMessageBytes, maxDataBytes }: Limits): string | undefined {
  const least = 2 * maxDataBytes + PUBLICATION_BYTES;
  if (maxMessageBytes >= least) return undefined;
  return (
    `${SETTINGS.maxMessageBytes.name} must be at least ${least}: ` +
    `a publication of ${maxDataBytes} bytes (${SETTINGS.maxDataBytes.name}) has to fit into a message, ` +
    `as a JSON string if it is sent as a delta.`
  );
}
