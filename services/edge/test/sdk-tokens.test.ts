import { until } from '@newswire/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { accessRig, OPTIONS, SECRET, sign } from './rig/access-rig.js';
import { EdgeInProcess } from './rig/edge-in-process.js';
import { SdkClient } from './rig/sdk-client.js';

/** Far beyond the leeway, also on a busy machine. */
const VALID_IN_S = 60;

/** An edge whose clock for tokens the test turns, and tokens of a backend whose clock is ahead. */
async function rig() {
  let lateMs = 0;
  const now = () => Date.now() + lateMs;
  const { access, rpc } = accessRig({
    settings: { NEWSWIRE_TOKEN_HMAC_SECRET: SECRET },
    getOptions: () => ({ ...OPTIONS, subscribe: 'token' }),
    now,
  });
  const edge = await EdgeInProcess.start({ access, rpc });
  onTestFinished(() => edge.stop());
  const nbf = Math.floor(now() / 1000) + VALID_IN_S;
  return {
    url: `ws://127.0.0.1:${edge.port}/connection/websocket`,
    early: (claims: object) => sign({ sub: 'ann', nbf, ...claims }),
    turnClock: () => (lateMs = VALID_IN_S * 1000),
  };
}

test('a client whose first token is not valid yet gets in by itself', async () => {
  const { url, early, turnClock } = await rig();
  const token = await early({});
  const errors: number[] = [];
  let fetched = 0;
  const getToken = async () => {
    fetched++;
    return token;
  };
  const { centrifuge } = new SdkClient(url, { token, getToken });
  onTestFinished(() => centrifuge.disconnect());
  centrifuge.on('error', ({ error }) => errors.push(error.code));
  await until('two refusals', () => fetched > 1 && errors.length > 1);
  expect(new Set(errors)).toEqual(new Set([109]));
  expect(centrifuge.state).toBe('connecting');
  turnClock();
  await centrifuge.ready();
  expect(centrifuge.state).toBe('connected');
});

test('a subscription whose token is not valid yet begins by itself', async () => {
  const { url, early, turnClock } = await rig();
  const token = await early({ channel: 'desk:1' });
  const client = new SdkClient(url, { token: await sign({ sub: 'ann' }) });
  onTestFinished(() => client.close());
  const subscription = client.subscribe('desk:1', undefined, {
    token,
    getToken: async () => token,
  });
  await until('a refusal', () => subscription.errors.length > 0);
  expect(subscription.errors[0]).toMatchObject({ code: 109 });
  turnClock();
  await subscription.isSubscribed();
  expect(subscription.unsubscribed).toEqual([]);
});

test('a client that refreshes with a token that is not valid yet comes back by itself', async () => {
  const { url, early, turnClock } = await rig();
  const later = await early({});
  // Long enough to connect on a busy machine.
  const token = await sign({ sub: 'ann', exp: Math.ceil(Date.now() / 1000) + 3 });
  const { centrifuge } = new SdkClient(url, { token, getToken: async () => later });
  onTestFinished(() => centrifuge.disconnect());
  const codes: number[] = [];
  let connects = 0;
  centrifuge.on('connecting', ({ code }) => codes.push(code));
  centrifuge.on('connected', () => connects++);
  await until('the close', () => codes.includes(3005));
  turnClock();
  await until('the second connection', () => connects === 2);
  expect(centrifuge.state).toBe('connected');
});
