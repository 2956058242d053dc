export { ChannelHistory, type ChannelVerdict } from './channel-history.js';
export type { Token } from './known-generation.js';
export type { SubscriptionVerdict, ReportedGap } from './judge.js';
export { Ledger, type Verdict } from './ledger.js';
export { SeedLog } from './seed-log.js';
export { SubscriptionLog, type Notice, type SubscribeReply } from './subscription-log.js';
