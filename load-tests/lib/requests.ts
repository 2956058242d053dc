import { Counter } from 'k6/metrics';
import type { Answer, Api } from './api.ts';
import type { Item } from './judge.ts';
import { NONE } from './metrics.ts';
import type { Thresholds } from './metrics.ts';
import { counted } from './publisher.ts';
import type { Publish } from './publisher.ts';
import type { Settings } from './settings.ts';

const BATCH = 10;
const BAD_REQUEST = 107;

/** Answers of the API that are not what they have to be. */
export const wrongAnswers = new Counter('wrong_answers');

/** Publishing in each way, and what is answered to what is wrong. */
const WAYS = [publishOne, publishBatch, publishTwice, publishAfterRefusal];

/** The answers are right, and come within the limits, batches apart. */
export function requestThresholds({ limitsMs }: Settings): Thresholds {
  const within = [`p(95)<${limitsMs.p95}`, `p(99)<${limitsMs.p99}`];
  return {
    wrong_answers: NONE,
    'http_req_duration{name:publish}': within,
    'http_req_duration{name:batch}': within,
  };
}

/** Publishes in all ways by turns. */
export function publishInAllWays(api: Api): Publish {
  let turn = 0;
  return (channel, item) => (WAYS[turn++ % WAYS.length] ?? publishOne)(api, channel, item);
}

function publishOne(api: Api, channel: string, item: Item): number {
  return counted(1, api.publish(channel, item) === null);
}

/** Several items in one request: their offsets follow one another. */
function publishBatch(api: Api, channel: string, item: Item): number {
  const commands = Array.from({ length: BATCH }, (_, n) => ({
    publish: { channel, data: { ...item, seq: item.seq + n } },
  }));
  const { replies = [] } = api.call('batch', { commands });
  const offsets = replies.flatMap(({ publish }) => publish?.offset ?? []);
  expect(offsets.every((offset, n) => offset === (offsets[0] ?? 0) + n));
  return counted(BATCH, offsets.length === BATCH);
}

/** The same twice with one idempotency key: the second answer is the first, and nothing is published. */
function publishTwice(api: Api, channel: string, item: Item): number {
  const body = { channel, data: item, idempotency_key: `${channel} ${item.seq}` };
  const [first, second]: Answer[] = [api.call('publish', body), api.call('publish', body)];
  const isTaken = first?.result !== undefined;
  expect(isTaken && first?.result?.offset === second?.result?.offset);
  return counted(1, isTaken);
}

/** A publication without data is refused as a bad request, and takes up no offset. */
function publishAfterRefusal(api: Api, channel: string, item: Item): number {
  expect(api.call('publish', { channel }).error?.code === BAD_REQUEST);
  return publishOne(api, channel, item);
}

function expect(isRight: boolean): void {
  wrongAnswers.add(isRight ? 0 : 1);
}
