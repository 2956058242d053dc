/**
 * The reasons for which newswire ends a client's subscription, with Centrifuge's codes. After a
 * code from 2500 on, the client subscribes again from its position.
 */
export const UNSUBSCRIBES = {
  server: { code: 2000, reason: 'server unsubscribe' },
  insufficientState: { code: 2500, reason: 'insufficient state' },
  expired: { code: 2501, reason: 'subscription expired' },
  stateInvalidated: { code: 2502, reason: 'state invalidated' },
} as const;

export type UnsubscribeKind = keyof typeof UNSUBSCRIBES;
