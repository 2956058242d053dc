/**
 * Why newswire ends a subscription that its client made, in Centrifuge's codes. From 2500 on the
 * client subscribes again, from the position it has.
 */
export const UNSUBSCRIBES = {
  server: { code: 2000, reason: 'server unsubscribe' },
  insufficientState: { code: 2500, reason: 'insufficient state' },
  expired: { code: 2501, reason: 'subscription expired' },
  stateInvalidated: { code: 2502, reason: 'state invalidated' },
} as const;

export type UnsubscribeKind = keyof typeof UNSUBSCRIBES;
