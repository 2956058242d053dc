import { expect, test } from 'vitest';
import { BadOption, readBenchOptions, readOptions } from './options.js';
import { createSettings } from './settings.js';

const ids = ['newswire', 'raw', 'nats'];
const read = (line: string) => readOptions(line.split(' ').filter(Boolean), ids);

test('without options everything is measured', () => {
  expect(read('')).toEqual({
    only: [],
    works: [],
    rounds: undefined,
    seconds: undefined,
    isShort: false,
    isResumed: false,
  });
});

test('lists are in the order of the report, whatever their own is', () => {
  const options = read('--only nats,newswire --work growth,windows --rounds 5 --seconds 0.5');
  expect(options).toMatchObject({
    only: ['newswire', 'nats'],
    works: ['windows', 'growth'],
    rounds: 5,
    seconds: 0.5,
  });
});

test('requested options take precedence over those of a short comparison', () => {
  expect(createSettings({ isShort: true, rounds: 4 })).toMatchObject({ rounds: 4, seconds: 0.2 });
});

test.each([
  ['--only soketi', '--only does not know soketi; there are newswire, raw, nats'],
  ['--only ,', '--only names nothing'],
  ['--work speed', '--work does not know speed; there are windows, sustained,'],
  ['--rounds 0', '--rounds must be a whole number from 1 to 100, not "0"'],
  ['--rounds 1.5', '--rounds must be a whole number from 1 to 100, not "1.5"'],
  ['--seconds fast', '--seconds must be a number over 0 and up to 600, not "fast"'],
  ['--seconds 0', '--seconds must be a number over 0 and up to 600, not "0"'],
  ['--fast', "Unknown option '--fast'"],
])('%s is refused in a sentence', (line, sentence) => {
  expect(() => read(line)).toThrow(BadOption);
  expect(() => read(line)).toThrow(sentence);
});

const readBench = (line: string) => readBenchOptions(line.split(' ').filter(Boolean));

test('without options, bench measures every suite but the one that needs another checkout', () => {
  expect(readBench('')).toMatchObject({
    suites: [
      'fan-out',
      'centrifuge-protocol',
      'protobuf',
      'pusher',
      'redis-edge',
      'open-loop',
      'channels',
      'idle',
    ],
    settings: { rounds: 8, seconds: 1, warmUpSeconds: 10, connections: 1000 },
    windows: undefined,
    protocol: 'seed',
  });
  expect(readBench('--beside ../other')?.suites).toContain('checkouts');
  expect(readBench('--help')).toBeNull();
});

test('bench: given options go before the short ones', () => {
  const options = readBench('--short --suite idle,fan-out --windows 1,8 --rounds 3 --idle 0');
  expect(options).toMatchObject({
    suites: ['fan-out', 'idle'],
    windows: [1, 8],
    settings: { isShort: true, rounds: 3, idleConnections: 0, warmUpSeconds: 1 },
  });
});

test.each([
  ['--suite speed', '--suite does not know speed; there are fan-out,'],
  ['--rounds 0', '--rounds must be a whole number from 1 to 100, not "0"'],
  ['--rate fast', '--rate must be a number of 0 or more, not "fast"'],
  ['--protocol mqtt', '--protocol must be seed or centrifuge, not "mqtt"'],
  ['--fast', "Unknown option '--fast'"],
])('bench %s is refused in a sentence', (line, sentence) => {
  expect(() => readBench(line)).toThrow(BadOption);
  expect(() => readBench(line)).toThrow(sentence);
});
