import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, loadChannelOptions } from './index.js';

const SETTINGS = { historySize: 1000, historyTtlMs: 600_000 };

const DEFAULTS = {
  ...SETTINGS,
  recovery: true,
  cacheRecovery: false,
  presence: false,
  joinLeave: false,
  delta: false,
  allowTagsFilter: false,
  allowUserLimitedChannels: false,
  subscribe: 'everyone',
  subRefresh: 'token',
  publish: 'nobody',
  readHistory: 'nobody',
  readPresence: 'nobody',
  wildcard: false,
  events: new Set(),
  pattern: undefined,
};

const directory = mkdtempSync(join(tmpdir(), 'newswire-channels-'));
const channelsFile = join(directory, 'channels.json');
const yamlFile = join(directory, 'channels.yaml');

function optionsIn(text: string, file = channelsFile) {
  writeFileSync(file, text);
  return loadChannelOptions({ ...SETTINGS, channelsFile: file });
}

function faults(text: string, file = channelsFile): string[] {
  try {
    optionsIn(text, file);
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.sentences.map((sentence) => sentence.replaceAll(file, 'FILE'));
    }
    throw error;
  }
  return [];
}

describe('loadChannelOptions', () => {
  test('a namespace has its limits, and the settings say what it leaves out', () => {
    const { getLimits, getOptions } = optionsIn(
      '{"namespaces": {"sports": {"history_size": 5000, "history_ttl_ms": 3600000}, "tv": {"history_size": 1}, "radio": {}}}',
    );
    expect(getLimits('sports:77707')).toMatchObject({
      historySize: 5000,
      historyTtlMs: 3_600_000,
    });
    expect(getOptions('sports:77707')).toBe(getLimits('sports:77707'));
    expect(getLimits('sports:a:b')).toBe(getLimits('sports:77707'));
    expect(getLimits('tv:1')).toMatchObject({ historySize: 1, historyTtlMs: 600_000 });
    expect(getLimits('radio:1')).toEqual(DEFAULTS);
    for (const channel of ['sports', '77707', ':1', 'other:1', 'sportsx:1', 'toString:1']) {
      expect(getLimits(channel)).toEqual(DEFAULTS);
      expect(getOptions(channel)).toBe(getLimits(channel));
      expect(getLimits(channel)).toBe(getLimits('77707'));
    }
  });

  test('every option is read, in JSON and in YAML', () => {
    const json = {
      namespaces: {
        sports: {
          history_size: 5,
          history_ttl_ms: 1000,
          recovery: true,
          cache_recovery: true,
          presence: true,
          join_leave: true,
          delta: true,
          allow_tags_filter: true,
          allow_user_limited_channels: false,
          subscribe: 'hook',
          sub_refresh: 'hook',
          publish: 'subscribers',
          read_history: 'users',
          read_presence: 'everyone',
          wildcard: true,
          events: ['channel_occupied', 'client_subscribed'],
          pattern: '[0-9]+|final',
        },
      },
    };
    const yaml = `# all of them
namespaces:
  sports:
${Object.entries(json.namespaces.sports)
  .map(
    ([name, value]) => `    ${name}: ${Array.isArray(value) ? `[${value.join(', ')}]` : value}\n`,
  )
  .join('')}`.replace('pattern: [0-9]+|final', "pattern: '[0-9]+|final'");
    const options = optionsIn(JSON.stringify(json)).getOptions('sports:1');
    expect(options).toEqual({
      historySize: 5,
      historyTtlMs: 1000,
      recovery: true,
      cacheRecovery: true,
      presence: true,
      joinLeave: true,
      delta: true,
      allowTagsFilter: true,
      allowUserLimitedChannels: false,
      subscribe: 'hook',
      subRefresh: 'hook',
      publish: 'subscribers',
      readHistory: 'users',
      readPresence: 'everyone',
      wildcard: true,
      events: new Set(['channel_occupied', 'client_subscribed']),
      pattern: /^sports:(?:[0-9]+|final)$/,
    });
    expect(optionsIn(yaml, yamlFile).getOptions('sports:1')).toEqual(options);
    expect(optionsIn(JSON.stringify(json), yamlFile).getOptions('sports:1')).toEqual(options);
  });

  test('a byte order mark is no part of the text; other encodings are refused', () => {
    for (const file of [channelsFile, yamlFile]) {
      const { getOptions } = optionsIn('\ufeff{"default": {"subscribe": "nobody"}}', file);
      expect(getOptions('1').subscribe).toBe('nobody');
      writeFileSync(file, '\ufeff{"default": {"subscribe": "nobody"}}', 'utf16le');
      expect(() => loadChannelOptions({ ...SETTINGS, channelsFile: file })).toThrow(
        `${file} is not UTF-8 text: it is UTF-16, which PowerShell writes by default. Save it as UTF-8.`,
      );
      writeFileSync(file, '{"default": {"pattern": "\xe9"}}', 'latin1');
      expect(() => loadChannelOptions({ ...SETTINGS, channelsFile: file })).toThrow(
        `${file} is not UTF-8 text: there is another encoding in line 1. Save it as UTF-8.`,
      );
    }
  });

  test('a namespace may have the name of a property that every object has', () => {
    const { getOptions, sections } = optionsIn(
      '{"namespaces": {"constructor": {"subscribe": "nobody"}, "toString": {"subscribe": "users"}}}',
    );
    expect(getOptions('constructor:1').subscribe).toBe('nobody');
    expect(getOptions('toString:1').subscribe).toBe('users');
    expect([...sections.keys()]).toEqual([
      'default',
      'namespaces.constructor',
      'namespaces.toString',
    ]);
  });

  test('JSON under a YAML name and YAML under a JSON name mean the same', () => {
    const text = 'default: { subscribe: nobody }';
    expect(optionsIn(text).getOptions('1')).toEqual(optionsIn(text, yamlFile).getOptions('1'));
  });

  test('~/ is the home directory, and /dev/null is no file', () => {
    expect(optionsIn('{}').getOptions('1')).toEqual(DEFAULTS);
    expect(loadChannelOptions({ ...SETTINGS, channelsFile: '/dev/null' }).getOptions('1')).toEqual(
      DEFAULTS,
    );
    const home = process.env['HOME'];
    try {
      process.env['HOME'] = directory;
      writeFileSync(channelsFile, '{"default": {"subscribe": "nobody"}}');
      const options = loadChannelOptions({ ...SETTINGS, channelsFile: '~/channels.json' });
      expect(options.getOptions('1').subscribe).toBe('nobody');
    } finally {
      process.env['HOME'] = home;
    }
  });

  test('a pattern is for the whole of what is behind the namespace', () => {
    const { getOptions } = optionsIn(
      '{"default": {"pattern": "[0-9]+"}, "namespaces": {"a.b$": {"pattern": "x|y"}}}',
    );
    const matches = (channel: string) => getOptions(channel).pattern?.test(channel);
    expect(['77707', 'a.b$:x', 'a.b$:y'].map(matches)).toEqual([true, true, true]);
    expect(['7a', 'a.b$:xy', 'a.b$:', 'unknown:77707'].map(matches)).toEqual(Array(4).fill(false));
  });

  test('a channel of an unknown namespace is like one without, or is refused', () => {
    const file = { default: { subscribe: 'token' }, namespaces: { a: {} } };
    const { getOptions } = optionsIn(JSON.stringify(file));
    expect(getOptions('b:1')).toBe(getOptions('1'));
    expect(getOptions('b:1').subscribe).toBe('token');
    const strict = optionsIn(JSON.stringify({ ...file, unknown_namespaces: 'refuse' }));
    expect(strict.getOptions('a:1').subscribe).toBe('everyone');
    for (const channel of ['b:1', ':1', 'toString:1']) {
      expect(() => strict.getOptions(channel)).toThrow(
        expect.objectContaining({ code: 102, temporary: false }),
      );
      expect(strict.getLimits(channel)).toBe(strict.getLimits('1'));
    }
  });

  test('user-limited channels exist where their namespace allows them, beside no wildcard', () => {
    const allows = { allow_user_limited_channels: true };
    const { getOptions, getLimits } = optionsIn(
      JSON.stringify({ namespaces: { personal: allows, other: {} } }),
    );
    expect(getOptions('personal:#42').allowUserLimitedChannels).toBe(true);
    for (const channel of ['other:#42', 'user#42', 'unknown:#42', '#']) {
      expect(() => getOptions(channel)).toThrow(expect.objectContaining({ code: 107 }));
      expect(getLimits(channel).historySize).toBe(1000);
    }
    const everywhere = optionsIn(JSON.stringify({ default: allows })).getOptions('user#42');
    expect(everywhere.allowUserLimitedChannels).toBe(true);
    const both = { namespaces: { personal: { ...allows, wildcard: true } } };
    expect(faults(JSON.stringify(both))).toEqual([
      'FILE: namespaces.personal.wildcard must be false with allow_user_limited_channels.',
    ]);
  });

  test('a history of size 0 is a log without recovery', () => {
    const { getOptions } = optionsIn(
      '{"namespaces": {"a": {"history_size": 0, "read_history": "everyone"}}}',
    );
    expect(getOptions('a:1')).toEqual({ ...DEFAULTS, historySize: 1, recovery: false });
  });

  test.each([
    ['a: [', /^FILE is not YAML: .+ at line 1, column \d+\.$/],
    ['a: 1\na: 2', /^FILE is not YAML: Map keys must be unique at line 2, column 1\.$/],
    ['default: {presence: yes}', /^FILE: default.presence must be true or false, not "yes"\.$/],
    ['', /^FILE: the whole must be an object\.$/],
  ])('the YAML %j is refused in one sentence', (text, sentence) => {
    expect(faults(text, yamlFile)).toEqual([expect.stringMatching(sentence)]);
  });

  test('without a file there are only the settings; a file that was named must be there', () => {
    expect(
      loadChannelOptions({ ...SETTINGS, channelsFile: undefined }).getLimits('sports:1'),
    ).toEqual(DEFAULTS);
    const missing = join(directory, 'missing.json');
    expect(() => loadChannelOptions({ ...SETTINGS, channelsFile: missing })).toThrow(
      `${missing} cannot be read: ENOENT`,
    );
  });

  test('channels.json in the working directory is read unasked', () => {
    const before = process.cwd();
    writeFileSync(channelsFile, '{"namespaces": {"sports": {"history_size": 7}}}');
    try {
      process.chdir(directory);
      const { getLimits } = loadChannelOptions({ ...SETTINGS, channelsFile: undefined });
      expect(getLimits('sports:1').historySize).toBe(7);
    } finally {
      process.chdir(before);
    }
  });

  test.each([
    ['{', [expect.stringMatching(/^FILE is not JSON: .+\.$/)]],
    [
      '{"default": {"subscribe": "nobody"}, "default": {}}',
      ['FILE is not JSON: Map keys must be unique at line 1, column 38.'],
    ],
    [
      '{"namespaces": {"a": {"subscribe": "nobody"}, "a": {}}}',
      ['FILE is not JSON: Map keys must be unique at line 1, column 47.'],
    ],
    [
      '{"namespaces": {"__proto__": {"subscribe": "nobody"}}}',
      ['FILE: a namespace cannot be named __proto__.'],
    ],
    ['{"namespaces": {"__proto__": 1}}', ['FILE: a namespace cannot be named __proto__.']],
    ['{"__proto__": {}}', ['FILE: unknown field __proto__.']],
    [
      '{"default": {"__proto__": {}, "constructor": 1}}',
      ['FILE: unknown field __proto__ in default.', 'FILE: unknown field constructor in default.'],
    ],
    ['[]', ['FILE: the whole must be an object.']],
    ['null', ['FILE: the whole must be an object.']],
    ['{"default": []}', ['FILE: default must be an object.']],
    [
      '{"unknown_namespaces": "ask", "default": {"recovery": "yes", "subscribe": "me", "pattern": "("}}',
      [
        'FILE: unknown_namespaces must be one of allow, refuse, not "ask".',
        'FILE: default.recovery must be true or false, not "yes".',
        'FILE: default.subscribe must be one of everyone, users, token, hook, nobody, not "me".',
        'FILE: default.pattern must be a regular expression, not "(".',
      ],
    ],
    [
      '{"default": {"wildcard": true}, "namespaces": {"a": {"history_size": 0, "recovery": true}, "b": {"recovery": false, "cache_recovery": true}}}',
      [
        'FILE: default.wildcard must be false: only namespaces have wildcards.',
        'FILE: namespaces.a.recovery needs a history_size of 1 or more.',
        'FILE: namespaces.b.cache_recovery needs recovery.',
      ],
    ],
    [
      '{"default": {"pattern": "a)|(?:b"}}',
      ['FILE: default.pattern must be a regular expression, not "a)|(?:b".'],
    ],
    ['{"namespaces": 1}', ['FILE: namespaces must be an object.']],
    ['{"namespaces": {"a": null}}', ['FILE: namespaces.a must be an object.']],
    ['{"namespaces": {}, "history_size": 1}', ['FILE: unknown field history_size.']],
    [
      '{"namespaces": {"a": {"historySize": 1, "x": 2}}}',
      [
        'FILE: unknown field historySize in namespaces.a.',
        'FILE: unknown field x in namespaces.a.',
      ],
    ],
    ...['-1', '1.5', '100001', '"5"', 'null'].map((value): [string, string[]] => [
      `{"namespaces": {"a": {"history_size": ${value}}}}`,
      [`FILE: namespaces.a.history_size must be a whole number from 0 to 100000, not ${value}.`],
    ]),
    [
      '{"namespaces": {"a": {"history_size": -1, "history_ttl_ms": 999}, "b": 1}}',
      [
        'FILE: namespaces.a.history_size must be a whole number from 0 to 100000, not -1.',
        'FILE: namespaces.a.history_ttl_ms must be a whole number from 1000 to 86400000, not 999.',
        'FILE: namespaces.b must be an object.',
      ],
    ],
    [
      '{"namespaces": {"news": {}, "a:b": {}, "": {}}}',
      [
        'FILE: the namespace news is reserved for the Redis inlet.',
        'FILE: a namespace\'s name must be 1 to 254 letters, digits and _-.@/+=~$&,;, not "a:b".',
        'FILE: a namespace\'s name must be 1 to 254 letters, digits and _-.@/+=~$&,;, not "".',
      ],
    ],
  ])('%s is refused in clear sentences', (text, expected) => {
    expect(faults(text)).toEqual(expected);
  });
});
