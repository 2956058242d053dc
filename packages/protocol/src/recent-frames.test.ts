import { expect, test } from 'vitest';
import { RecentFrames } from './recent-frames.js';
import type { Command } from './wire.js';

const seen: string[] = [];
const rpc = (text: string): readonly Command[] => {
  seen.push(text);
  if (text === 'bad') throw new Error('bad');
  return [{ type: 'rpc', id: 1, method: text, data: undefined }];
};

test('a frame said again is not decoded again, and means the same', () => {
  const frames = new RecentFrames(rpc);
  seen.length = 0;
  const [first, second] = [frames.decode('a'), frames.decode('b')];
  expect([frames.decode('a'), frames.decode('b')]).toEqual([first, second]);
  expect(seen).toEqual(['a', 'b']);
});

test('only the last few are remembered, and none that is long or bad', () => {
  const frames = new RecentFrames(rpc);
  const forgotten = Array.from({ length: 20 }, (_, i) => `m${i}`);
  for (const text of forgotten) frames.decode(text);
  const long = 'x'.repeat(513);
  seen.length = 0;
  for (const text of ['m0', long, long, 'bad', 'bad']) {
    const say = () => frames.decode(text);
    if (text === 'bad') expect(say).toThrow('bad');
    else expect(say()).toEqual([{ type: 'rpc', id: 1, method: text, data: undefined }]);
  }
  expect(seen).toEqual(['m0', long, long, 'bad', 'bad']);
});
