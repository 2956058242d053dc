import { expect, test } from 'vitest';
import { BadOption } from '../options.js';
import { readBenchOptions } from './options.js';

const read = (line: string) => readBenchOptions(line.split(' ').filter(Boolean));

test('without options every suite is measured but the one that needs another checkout', () => {
  expect(read('')).toMatchObject({
    suites: ['fan-out', 'centrifuge-wire', 'redis-edge', 'open-loop', 'channels', 'idle'],
    settings: { rounds: 8, seconds: 1, warmUpSeconds: 10, connections: 1000 },
    windows: undefined,
    wire: 'seed',
  });
  expect(read('--beside ../other')?.suites).toContain('checkouts');
  expect(read('--help')).toBeNull();
});

test('given options go before the short ones', () => {
  const options = read('--short --suite idle,fan-out --windows 1,8 --rounds 3 --idle 0');
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
  ['--wire mqtt', '--wire must be seed or centrifuge, not "mqtt"'],
  ['--fast', "Unknown option '--fast'"],
])('%s is refused in a sentence', (line, sentence) => {
  expect(() => read(line)).toThrow(BadOption);
  expect(() => read(line)).toThrow(sentence);
});
