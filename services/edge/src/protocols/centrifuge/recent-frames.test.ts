import type { Command } from '@newswire/protocol';
import { expect, test } from 'vitest';
import { RecentFrames } from './recent-frames.js';

const seen: string[] = [];
const PONG: Command = { type: 'pong' };
const RPC: Command = { type: 'rpc', id: 1, method: 'm', data: undefined };

const decode = (text: string): readonly Command[] => {
  seen.push(text);
  if (text === 'bad') throw new Error('bad');
  return text === 'rpc' ? [PONG, RPC] : [PONG];
};

test('a frame said again is not decoded again, and means the same', () => {
  const frames = new RecentFrames(decode);
  seen.length = 0;
  const [first, second] = [frames.decode('a'), frames.decode('b')];
  expect([frames.decode('a'), frames.decode('b')]).toEqual([first, second]);
  expect(seen).toEqual(['a', 'b']);
});

test('only the last few are remembered, and none that is long, bad or hardly said again', () => {
  const frames = new RecentFrames(decode);
  const forgotten = Array.from({ length: 20 }, (_, i) => `m${i}`);
  for (const text of forgotten) frames.decode(text);
  const long = 'x'.repeat(513);
  seen.length = 0;
  for (const text of ['m0', long, long, 'bad', 'bad', 'rpc', 'rpc']) {
    const say = () => frames.decode(text);
    if (text === 'bad') expect(say).toThrow('bad');
    else expect(say()[0]).toEqual(PONG);
  }
  expect(seen).toEqual(['m0', long, long, 'bad', 'bad', 'rpc', 'rpc']);
});
