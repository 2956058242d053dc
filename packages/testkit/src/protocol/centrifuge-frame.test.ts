import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readFrame, type CentrifugeMessage } from './centrifuge-frame.js';

type Receipt = [channel: string, offset: number, data: string] | CentrifugeMessage;

function read(frame: string): Receipt[] {
  const heard: Receipt[] = [];
  readFrame(frame, {
    handlePublication: (...publication) => heard.push(publication),
    handleMessage: (message) => heard.push(message),
  });
  return heard;
}

function push(channel: string, data: unknown, offset: number, more: object = {}): string {
  return JSON.stringify({ push: { channel, pub: { data, offset, ...more } } });
}

test('publications, replies and pings of one frame come in order', () => {
  const reply = { id: 2, subscribe: { epoch: 'E', offset: 7, recovered: true, publications: [] } };
  const frame = [push('c', 'one', 8), JSON.stringify(reply), push('d', { a: [1] }, 9), '{}'];
  expect(read(frame.join('\n'))).toEqual([['c', 8, '"one"'], reply, ['d', 9, '{"a":[1]}'], {}]);
});

test.each([
  ['keys in another order', '{"push":{"pub":{"offset":3,"data":"x"},"channel":"c"}}', '"x"'],
  ['white space', '{"push":{"channel":"c","pub":{"data":"x", "offset":3}}}', '"x"'],
  ['something behind the offset', push('c', 'x', 3, { tags: { a: 'b' } }), '"x"'],
])('%s', (_name, frame, data) => {
  expect(read(frame)).toEqual([['c', 3, data]]);
});

test('an offset inside the data is not taken for the publication’s', () => {
  const frame = '{"push":{"channel":"c","pub":{"data":{"x":{"y":1,"offset":5}}}}}';
  expect(read(frame)).toEqual([['c', 0, '{"x":{"y":1,"offset":5}}']]);
  expect(read(push('c', { offset: 5, data: ',"offset":6}}}' }, 3))).toEqual([
    ['c', 3, '{"offset":5,"data":",\\"offset\\":6}}}"}'],
  ]);
});

test('any data and offset come out as they went in', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat({ max: Number.MAX_SAFE_INTEGER }), (data, offset) => {
      expect(read(push('c', data, offset))).toEqual([['c', offset, JSON.stringify(data)]]);
    }),
  );
});
