import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../config-error.js';
import { loadPusherApps } from './apps-file.js';

const SECRET = 'a-secret-of-the-first-app';
const file = join(mkdtempSync(join(tmpdir(), 'newswire-apps-')), 'apps.yaml');

function load(content: unknown) {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return loadPusherApps({ pusherApps: file });
}

function faults(content: unknown): string[] {
  try {
    load(content);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).sentences.map((sentence) => sentence.replace(file, 'FILE'));
  }
}

const app = (more: object = {}) => ({ id: '1', key: 'key', secret: SECRET, ...more });

describe('the apps file', () => {
  test('without the setting, or as a device, has no apps', () => {
    expect(loadPusherApps({ pusherApps: undefined }).all).toEqual([]);
    expect(loadPusherApps({ pusherApps: '/dev/null' }).all).toEqual([]);
  });

  test('has apps with options and defaults, in YAML and in JSON', () => {
    const apps = load(
      `apps:\n  - id: 7\n    key: k\n    secret: ${SECRET}\n    client_events: true\n`,
    );
    expect(apps.findById('7')?.options).toEqual({
      id: '7',
      key: 'k',
      isEnabled: true,
      channelPrefix: '',
      clientEvents: true,
      subscriptionCount: false,
      activityTimeoutS: 120,
    });
    expect(apps.findByKey('k')).toBe(apps.findById('7'));
    expect(apps.findByKey('7')).toBeUndefined();
    const timed = load({ apps: [app({ activity_timeout_s: 30, channel_prefix: 'shop:' })] });
    expect(timed.findById('1')?.options).toMatchObject({
      activityTimeoutS: 30,
      channelPrefix: 'shop:',
    });
  });

  test.each<[string, unknown, string[]]>([
    ['a list at the top', [app()], ['FILE: the whole file must be an object.']],
    ['no apps', {}, ['FILE: apps must be a list.']],
    [
      'an unknown field',
      { apps: [app({ weebhook: 1 })] },
      ['FILE: unknown field weebhook in apps.0.'],
    ],
    [
      'a short secret',
      { apps: [app({ secret: 'tiny-secret' })] },
      ['FILE: apps.0.secret must be a text of at least 16 characters.'],
    ],
    [
      'a secret as a number',
      { apps: [app({ secret: 1234567890123456 })] },
      ['FILE: apps.0.secret must be a text of at least 16 characters.'],
    ],
    [
      'a secret in place of the key',
      { apps: [app({ key: `${SECRET}!` })] },
      ['FILE: apps.0.key must be 1 to 64 letters, digits, _ and -.'],
    ],
    [
      'flags and times',
      { apps: [app({ client_events: SECRET, activity_timeout_s: 1 })] },
      [
        'FILE: apps.0.client_events must be true or false.',
        'FILE: apps.0.activity_timeout_s must be a whole number from 10 to 3600.',
      ],
    ],
    [
      'a webhook that is none',
      {
        apps: [
          app({ webhook: 'http://a/' }),
          app({ id: '2', key: 'b', webhook: { url: `http://u:${SECRET}@a/` } }),
        ],
      },
      [
        'FILE: apps.0.webhook must be an object.',
        'FILE: apps.1.webhook.url must be a URL like http://backend:8000/pusher, without a password.',
      ],
    ],
    [
      'events of a webhook that are none, or need another option',
      {
        apps: [
          app({ webhook: { url: 'http://a/', events: [SECRET] } }),
          app({ id: '2', key: 'b', webhook: { url: 'http://a/', events: 'channel_occupied' } }),
        ],
      },
      [
        'FILE: apps.0.webhook.events.0 must be a list of channel_occupied, channel_vacated, member_added, member_removed, client_event, cache_miss, subscription_count.',
        'FILE: apps.1.webhook.events must be a list of channel_occupied, channel_vacated, member_added, member_removed, client_event, cache_miss, subscription_count.',
      ],
    ],
    [
      'a count that is not kept',
      { apps: [app({ webhook: { url: 'http://a/', events: ['subscription_count'] } })] },
      ['FILE: apps.0.webhook.events: subscription_count needs apps.0.subscription_count.'],
    ],
    [
      'two apps with the same channels, id and key',
      { apps: [app(), app()] },
      [
        'FILE: apps.1.id is that of apps.0, too.',
        'FILE: apps.1.key is that of apps.0, too.',
        'FILE: apps.0 and apps.1 need a channel_prefix each, neither of which begins with the other: otherwise they share channels.',
      ],
    ],
    [
      'a prefix that begins with another',
      {
        apps: [
          app({ channel_prefix: 'a' }),
          app({ id: '2', key: 'k2', channel_prefix: 'ab' }),
          app({ id: '3', key: 'k3', channel_prefix: 'c' }),
        ],
      },
      [
        'FILE: apps.0 and apps.1 need a channel_prefix each, neither of which begins with the other: otherwise they share channels.',
      ],
    ],
    ['text that is no YAML', `apps:\n  - {id: "${SECRET}`, ['FILE is not YAML: see line 2.']],
    ['an unresolved alias', `apps: *${SECRET}`, ['FILE is not YAML.']],
    ['an empty file', '', ['FILE: the whole file must be an object.']],
  ])('refuses %s, and shows no secret', (_, content, expected) => {
    const found = faults(content);
    expect(found).toEqual(expected);
    expect(found.join()).not.toContain('secret-of');
    expect(found.join()).not.toContain('1234567890');
  });

  test('a missing file is a fault', () => {
    expect(() => loadPusherApps({ pusherApps: '/no/such/file' })).toThrow(
      '/no/such/file cannot be read: ENOENT, there is no such file.',
    );
  });
});

test('a webhook has all events that need no other option, unless it lists some', () => {
  const read = (webhook: object) =>
    load({ apps: [app({ webhook: { url: 'https://a/b', ...webhook } })] }).findById('1')?.options
      .webhook;
  expect(read({})?.url.href).toBe('https://a/b');
  expect([...(read({})?.events ?? [])]).toHaveLength(6);
  expect(read({ events: ['cache_miss'] })?.events).toEqual(new Set(['cache_miss']));
});

describe('an app', () => {
  const loaded = load({ apps: [app({ channel_prefix: 'shop:' })] }).findById('1');

  test("signs as in Pusher's documentation, and verifies", () => {
    const documented = load({
      apps: [{ ...app(), key: '278d425bdf160c739803', secret: '7ad3773142a6692b25b8' }],
    });
    const example = documented.findById('1');
    // The examples of Pusher's documentation of channel authorization.
    const auth =
      '278d425bdf160c739803:58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4';
    expect(example?.verifyAuth('1234.1234:private-foobar', auth)).toBe(true);
    expect(example?.verifyAuth('1234.1235:private-foobar', auth)).toBe(false);
    expect(example?.verifyAuth('1234.1234:private-foobar', auth.slice(21))).toBe(false);
    expect(example?.verifyAuth('1234.1234:private-foobar', `${auth}0`)).toBe(false);
    const otherKey = auth.replace('278d425bdf160c739803', '378d425bdf160c739803');
    expect(example?.verifyAuth('1234.1234:private-foobar', otherKey)).toBe(false);
    expect(example?.verifyAuth('1234.1234:private-foobar', '')).toBe(false);
  });

  test('never shows its secret', () => {
    expect(JSON.stringify(loaded)).not.toContain(SECRET);
    expect(inspect(loaded, { depth: 9, showHidden: true })).not.toContain(SECRET);
  });

  test('has its own names for newswire channels', () => {
    for (const name of [
      'news',
      'private-a',
      'a,b;c',
      '#server-to-user-42',
      '#server-to-user-ä|b',
    ]) {
      const channel = loaded?.toChannel(name) ?? '';
      expect(channel).toMatch(/^shop:[A-Za-z0-9_\-.:@/+=~$&,;]+$/);
      expect(loaded?.toName(channel)).toBe(name);
    }
    expect(loaded?.toChannel('#server-to-user-42')).toBe('shop:$server-to-user/42');
  });

  test.each([
    '',
    'a:b',
    '$server-to-user/42',
    '#server-to-user-',
    '#other',
    'a b',
    'x'.repeat(165),
  ])('refuses the name %j', (name) => {
    expect(() => loaded?.toChannel(name)).toThrow(/^bad request: /);
  });
});
