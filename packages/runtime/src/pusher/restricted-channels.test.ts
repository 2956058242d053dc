import { expect, test } from 'vitest';
import { loadChannelOptions } from '../channel-options.js';
import { NO_PUSHER_APPS, PusherApp, PusherApps } from './pusher-app.js';
import { restrictChannels } from './restricted-channels.js';

const { getOptions } = loadChannelOptions({
  channelsFile: undefined,
  historySize: 10,
  historyTtlMs: 1000,
});
const open = (channel: string) => ({ ...getOptions(channel), readHistory: 'everyone' as const });

function appsWith(...prefixes: string[]): PusherApps {
  return new PusherApps(
    prefixes.map((channelPrefix, i) => {
      const more = { isEnabled: true, clientEvents: true, subscriptionCount: true };
      const options = { id: `${i}`, key: `k${i}`, channelPrefix, activityTimeoutS: 120, ...more };
      return new PusherApp(options, 'a-secret-of-an-app');
    }),
  );
}

test('private channels of an app need a token on the other protocols', () => {
  const restricted = restrictChannels(open, appsWith(''));
  for (const channel of ['private-a', 'presence-a', 'private-encrypted-a', '$server-to-user/42']) {
    expect(restricted(channel)).toMatchObject({ subscribe: 'token', readHistory: 'subscribers' });
  }
  for (const channel of ['news', 'cache-a', 'sports:private-a']) {
    expect(restricted(channel).subscribe).toBe('everyone');
  }
});

test('so does a wildcard that includes them', () => {
  const restricted = restrictChannels(open, appsWith('shop:', 'a:b-'));
  for (const channel of ['shop:*', 'a:*', 'shop:private-a', 'a:b-presence-x']) {
    expect(restricted(channel).subscribe).toBe('token');
  }
  for (const channel of ['b:*', 'private-a', 'shop:news', 'a:presence-x']) {
    expect(restricted(channel).subscribe).toBe('everyone');
  }
});

test('what is stricter stays, and equal options are one object', () => {
  const nobody = { ...getOptions('x'), subscribe: 'nobody' as const };
  const restricted = restrictChannels(() => nobody, appsWith(''));
  expect(restricted('private-a').subscribe).toBe('nobody');
  expect(restricted('private-a')).toBe(restricted('presence-b'));
  expect(restricted('private-a').publish).toBe('nobody');
});

test('without apps nothing changes', () => {
  expect(restrictChannels(getOptions, NO_PUSHER_APPS)).toBe(getOptions);
});
