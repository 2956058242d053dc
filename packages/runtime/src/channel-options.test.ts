import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, loadChannelOptions } from './index.js';

const SETTINGS = { historySize: 1000, historyTtlMs: 600_000 };

const directory = mkdtempSync(join(tmpdir(), 'newswire-channels-'));
const channelsFile = join(directory, 'channels.json');

function limitsIn(text: string) {
  writeFileSync(channelsFile, text);
  return loadChannelOptions({ ...SETTINGS, channelsFile }).limitsOf;
}

function faults(text: string): string[] {
  try {
    limitsIn(text);
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.sentences.map((sentence) => sentence.replaceAll(channelsFile, 'FILE'));
    }
    throw error;
  }
  return [];
}

describe('loadChannelOptions', () => {
  test('a namespace has its limits, and the settings say what it leaves out', () => {
    const limitsOf = limitsIn(
      '{"namespaces": {"sports": {"history_size": 5000, "history_ttl_ms": 3600000}, "tv": {"history_size": 1}, "radio": {}}}',
    );
    expect(limitsOf('sports:77707')).toEqual({ historySize: 5000, historyTtlMs: 3_600_000 });
    expect(limitsOf('sports:a:b')).toBe(limitsOf('sports:77707'));
    expect(limitsOf('tv:1')).toEqual({ historySize: 1, historyTtlMs: 600_000 });
    expect(limitsOf('radio:1')).toEqual(SETTINGS);
    for (const channel of ['sports', '77707', ':1', 'other:1', 'sportsx:1', 'toString:1']) {
      expect(limitsOf(channel)).toEqual(SETTINGS);
      expect(limitsOf(channel)).toBe(limitsOf('77707'));
    }
  });

  test('without a file there are only the settings; a file that was named must be there', () => {
    expect(
      loadChannelOptions({ ...SETTINGS, channelsFile: undefined }).limitsOf('sports:1'),
    ).toEqual(SETTINGS);
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
      const { limitsOf } = loadChannelOptions({ ...SETTINGS, channelsFile: undefined });
      expect(limitsOf('sports:1').historySize).toBe(7);
    } finally {
      process.chdir(before);
    }
  });

  test.each([
    ['{', [expect.stringMatching(/^FILE is not JSON: .+\.$/)]],
    ['[]', ['FILE: the whole must be an object.']],
    ['{}', ['FILE: namespaces must be an object.']],
    ['{"namespaces": 1}', ['FILE: namespaces must be an object.']],
    ['{"namespaces": {"a": null}}', ['FILE: namespaces.a must be an object.']],
    ['{"namespaces": {}, "history_size": 1}', ['FILE: there is no field history_size.']],
    [
      '{"namespaces": {"a": {"historySize": 1, "x": 2}}}',
      [
        'FILE: there is no field historySize in namespaces.a.',
        'FILE: there is no field x in namespaces.a.',
      ],
    ],
    ...['0', '1.5', '100001', '"5"', 'null'].map((value): [string, string[]] => [
      `{"namespaces": {"a": {"history_size": ${value}}}}`,
      [`FILE: namespaces.a.history_size must be a whole number from 1 to 100000, not ${value}.`],
    ]),
    [
      '{"namespaces": {"a": {"history_size": 0, "history_ttl_ms": 999}, "b": 1}}',
      [
        'FILE: namespaces.a.history_size must be a whole number from 1 to 100000, not 0.',
        'FILE: namespaces.a.history_ttl_ms must be a whole number from 1000 to 86400000, not 999.',
        'FILE: namespaces.b must be an object.',
      ],
    ],
    [
      '{"namespaces": {"news": {}, "a:b": {}, "": {}}}',
      [
        'FILE: the namespace news belongs to the Redis inlet, take another name.',
        'FILE: a namespace\'s name must be 1 to 254 letters, digits and _-.@/+=~$&, not "a:b".',
        'FILE: a namespace\'s name must be 1 to 254 letters, digits and _-.@/+=~$&, not "".',
      ],
    ],
  ])('%s is refused in clear sentences', (text, expected) => {
    expect(faults(text)).toEqual(expected);
  });
});
