import { describe, expect, test } from 'vitest';
import { after, at, item, items, LIMITS, newLog } from '../../test/rig/log-rig.js';
import { ChannelLog } from './channel-log.js';
import { encodeOnce } from './frames.js';
import { seedCodec } from '../protocols/seed/codec.js';

describe('the ring', () => {
  test('keeps up to its maximum number of publications', () => {
    const log = newLog(1, 8);
    expect(log.end - log.ringStart).toBe(5);
    expect(after(log, 3)).toEqual(['4', '5', '6', '7', '8']);
    expect(after(log, 2)).toBeUndefined();
  });

  test('keeps up to its maximum of UTF-8 bytes, and always the newest publication', () => {
    const log = new ChannelLog({ ringSize: 100, ringBytes: 10 });
    log.restart({ epoch: 'e', firstOffset: 1, follows: undefined }, 0);
    for (const offset of [1, 2, 3]) log.append(item(offset, 'éé'), Infinity); // 4 bytes each
    expect(log.end - log.ringStart).toBe(2);
    log.append(item(4, 'x'.repeat(50)), Infinity);
    expect(after(log, 3)).toEqual(['x'.repeat(50)]);
    expect(log.end - log.ringStart).toBe(1);
  });

  test('never drops publications that were not flushed, at any limits', () => {
    const log = newLog(1, 5);
    const flushed = at(log, 3);
    for (const each of items(6, 30)) log.append(each, flushed);
    expect(log.ringStart).toBe(flushed);
    expect(after(log, 3)?.length).toBe(27);
    log.append(item(31), log.end);
    expect(log.end - log.ringStart).toBe(5);
  });

  test('is read in parts of up to a number of bytes, but always one publication', () => {
    const log = newLog(1, 5);
    const part = (maxBytes: number) =>
      log.slice(at(log, 1), log.end, maxBytes)?.map(({ offset }) => offset);
    expect(part(0)).toEqual([2]);
    expect(part(2)).toEqual([2, 3]);
    expect(part(100)).toEqual([2, 3, 4, 5]);
    expect(log.slice(at(log, 1), at(log, 3), 100)).toHaveLength(2);
    expect(log.slice(log.end, log.end, 100)).toEqual([]);
  });

  test('a publication is encoded once for each codec', () => {
    const [publication] = newLog(1, 1).slice(1, 2, 100) ?? [];
    if (publication === undefined) throw new Error('there is one');
    let calls = 0;
    const codec = { ...seedCodec, encodePublication: () => `frame ${++calls}` };
    const codecs = [codec, { ...codec }, { ...codec }];
    const frames = [...codecs, ...codecs].map((each) => encodeOnce(each, 'a', publication));
    expect(frames).toEqual(['frame 1', 'frame 2', 'frame 3', 'frame 1', 'frame 2', 'frame 3']);
  });
});

describe('positions', () => {
  test('positions are undefined before the first restart', () => {
    const log = new ChannelLog(LIMITS);
    expect(log.isOpen).toBe(false);
    expect(log.cursorAfter({ offset: 0, epoch: '' })).toBeUndefined();
    expect(() => log.position).toThrow('has not been read');
  });

  test('a cursor and its position are equivalent; an empty epoch names the current generation', () => {
    const log = newLog(11, 15);
    expect(log.position).toEqual({ offset: 15, epoch: 'e' });
    for (const offset of [0, 10, 12, 15, 20]) {
      expect(log.positionAt(at(log, offset))).toEqual({ offset, epoch: 'e' });
      expect(at(log, offset, '')).toBe(at(log, offset));
    }
    expect(at(log, 20)).toBe(log.end + 5);
    expect(log.cursorAfter({ offset: 12, epoch: 'other' })).toBeUndefined();
  });

  test('generations follow one another; a position after the end of a generation is its end', () => {
    const log = newLog(1, 3);
    log.beginGeneration({ epoch: 'f', firstOffset: 1 });
    log.append(item(1, 'f1'), Infinity);
    log.beginGeneration({ epoch: 'g', firstOffset: 7 });
    expect(log.position).toEqual({ offset: 6, epoch: 'g' });
    log.append(item(7, 'g7'), Infinity);
    expect(after(log, 2)).toEqual(['3', 'f1', 'g7']);
    expect(after(log, 3)).toEqual(['f1', 'g7']);
    expect(after(log, 900)).toEqual(['f1', 'g7']);
    expect(after(log, 0, 'f')).toEqual(['f1', 'g7']);
    expect(after(log, 1, 'f')).toEqual(['g7']);
    expect(after(log, 6, 'g')).toEqual(['g7']);
    expect(log.cursorAfter({ offset: 5, epoch: 'g' })).toBeUndefined();
    expect(['e', 'f', 'g', 'h'].map((epoch) => log.isOver(epoch))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(log.generationEnd(at(log, 1))).toBe(at(log, 3));
    expect(log.generationEnd(at(log, 0, 'f'))).toBe(at(log, 1, 'f'));
    expect(log.generationEnd(at(log, 7, 'g'))).toBe(log.end);
    expect(log.generationStart).toBe(at(log, 6, 'g'));
  });

  test('sixteen generations are remembered', () => {
    const log = newLog(1, 1);
    for (let i = 1; i <= 16; i++) {
      log.beginGeneration({ epoch: `e${i}`, firstOffset: 1 });
      log.append(item(1), Infinity);
    }
    expect(log.cursorAfter({ offset: 1, epoch: 'e' })).toBeUndefined();
    expect(after(log, 1, 'e15')).toEqual(['1']);
  });

  test('after a restart only the new generation counts, and the one that it follows', () => {
    const log = newLog(1, 5);
    const end = log.end;
    log.restart({ epoch: 'f', firstOffset: 8, follows: { epoch: 'd', offset: 4 } }, 9);
    expect(log.end).toBeGreaterThan(end);
    expect(log.cursorAfter({ offset: 5, epoch: 'e' })).toBeUndefined();
    expect(at(log, 9, 'f')).toBe(log.end);
    expect(at(log, 4, 'd')).toBe(at(log, 7, 'f'));
    expect(at(log, 6, 'd')).toBe(at(log, 7, 'f'));
    expect(log.positionAt(at(log, 3, 'd'))).toEqual({ offset: 3, epoch: 'd' });
    expect(log.cursorAfter({ offset: 6, epoch: 'f' })).toBeUndefined();
  });
});
