import { expect, test } from 'vitest';
import { BadOption, readOptions } from './options.js';
import { settingsFor } from './settings.js';

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

test('what was asked for goes before what a short comparison does', () => {
  expect(settingsFor({ isShort: true, rounds: 4 })).toMatchObject({ rounds: 4, seconds: 0.2 });
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
