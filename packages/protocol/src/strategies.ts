import type { ConnectCommand } from './commands.js';
import { ProtocolError } from './errors.js';
import type { ConnectStrategy, GapStrategy, RefusalStrategy, Report } from './protocol.js';

// The strategies that protocols are composed of. A protocol may have strategies of its own.

/** Clients begin with a connect command. */
export const connectsByCommand: ConnectStrategy = {
  implied: undefined,
  closeRefused: () => undefined,
};

const IMPLIED_CONNECT: ConnectCommand = {
  type: 'connect',
  id: 0,
  token: '',
  data: undefined,
  name: '',
  version: '',
  headers: {},
  subs: new Map(),
};

/** Clients are connected by their first command, without a token. They cannot connect again. */
export const connectsByFirstCommand: ConnectStrategy = {
  implied: IMPLIED_CONNECT,
  closeRefused: ({ temporary }) => (temporary ? 'serverError' : 'permissionDenied'),
};

const CLOSE_FOR_GAP: Report = { type: 'close', kind: 'insufficientState' };
const CLOSE_FOR_EXPIRY: Report = { type: 'close', kind: 'subscriptionExpired' };

/** Clients keep positions, and subscribe again from them when the server asks for it. */
export const resubscribesAfterGap: GapStrategy = {
  canContinue: (fromEpoch, inEpoch) => fromEpoch === inEpoch,
  report: (channel, isServerSide) =>
    isServerSide ? CLOSE_FOR_GAP : { type: 'resubscribe', channel },
  reportExpiry: (channel, isServerSide) =>
    isServerSide ? CLOSE_FOR_EXPIRY : { type: 'ended', channel, kind: 'expired' },
};

/** Clients keep positions, and return with them on another connection. */
export const reconnectsAfterGap: GapStrategy = {
  canContinue: (fromEpoch, inEpoch) => fromEpoch === inEpoch,
  report: () => CLOSE_FOR_GAP,
  reportExpiry: (_, isServerSide) => (isServerSide ? CLOSE_FOR_EXPIRY : CLOSE_FOR_GAP),
};

/** Clients have no positions: every gap closes the connection. */
export const closesAtGap: GapStrategy = {
  canContinue: () => true,
  report: () => CLOSE_FOR_GAP,
  reportExpiry: () => CLOSE_FOR_EXPIRY,
};

/** Every command with an id has a reply. An error without an id closes the connection. */
export const repliesToEach: RefusalStrategy = {
  refuseRepeated: () => new ProtocolError('alreadySubscribed'),
  // Codecs refuse an encoding that they do not have as not available.
  closeUnanswered: ({ kind }) => (kind === 'notAvailable' ? 'inappropriateProtocol' : 'badRequest'),
  closeAfter: () => undefined,
};

/** The connection is closed after `maxRefusals` refused commands in a row. */
export function closesAfterRefusals(maxRefusals: number): RefusalStrategy {
  return {
    ...repliesToEach,
    closeAfter: (count) => (count >= maxRefusals ? 'tooManyErrors' : undefined),
  };
}
