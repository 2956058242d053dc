/** Items that a peer keeps of a channel where recovery is measured: more than a run publishes. */
export const RECOVERY_HISTORY = 100_000;
