import { describe, expect, test } from 'vitest';
import { after, at, item, items, LIMITS, newLog } from '../../test/rig/log-rig.js';
import { ChannelLog } from './channel-log.js';

describe('publications older than the ring', () => {
  test('parts are kept until no subscription needs them', () => {
    const log = newLog(21, 25);
    expect(log.readFrom(at(log, 9))).toBe(9);
    log.addOlder(at(log, 9), items(8, 14));
    expect(log.slice(at(log, 9), log.end, Infinity)?.map(({ offset }) => offset)).toEqual([
      10, 11, 12, 13, 14,
    ]);
    expect(after(log, 7)?.[0]).toBe('8'); // before the requested cursor, for other readers
    expect(after(log, 6)).toBeUndefined();
    expect(after(log, 14)).toBeUndefined();
    log.addOlder(at(log, 14), items(15, 18));
    expect([after(log, 9)?.length, after(log, 14)?.length]).toEqual([5, 4]);
    log.dropOlder();
    expect(after(log, 14)).toBeUndefined();
    expect(log.readFrom(at(log, 14))).toBe(14);
  });

  test('large parts used least recently make room', () => {
    const log = newLog(51, 55);
    const megabyte = 'x'.repeat(1_048_576);
    const part = (offset: number) => {
      log.addOlder(at(log, offset - 1), [item(offset, megabyte)]);
    };
    for (const offset of [11, 21, 31, 41]) part(offset);
    const kept = () => [11, 16, 21, 31, 41].filter((offset) => after(log, offset - 1));
    expect(kept()).toEqual([11, 21, 31, 41]);
    after(log, 10);
    part(16);
    expect(kept()).toEqual([11, 16, 31, 41]);
  });

  test('a part that reaches the ring, and fits, becomes part of it', () => {
    const log = newLog(21, 23);
    log.addOlder(at(log, 18), items(19, 23));
    log.dropOlder();
    expect(after(log, 18)).toEqual(['19', '20', '21', '22', '23']);
    log.append(item(24), Infinity);
    expect(after(log, 18)).toBeUndefined();
    expect(log.end - log.ringStart).toBe(5);
  });

  test('a part that reaches the ring and does not fit stays beside it', () => {
    const log = newLog(21, 25);
    log.addOlder(at(log, 18), items(19, 25));
    expect(log.ringStart).toBe(at(log, 20));
    expect(after(log, 18)).toEqual(['19', '20']);
  });

  test('a part that begins later proves that the publications before it are gone', () => {
    const log = newLog(21, 25);
    log.addOlder(at(log, 9), items(12, 14));
    expect(log.floor).toBe(at(log, 11));
    expect(log.readFrom(at(log, 10))).toBeUndefined();
    expect(after(log, 11)).toEqual(['12', '13', '14']);
    log.addOlder(at(log, 14), []);
    expect(log.floor).toBe(log.ringStart);
    expect(log.readFrom(at(log, 14))).toBeUndefined();
    expect(after(log, 20)).toHaveLength(5);
  });

  test('a part with a hole ends there', () => {
    const log = newLog(21, 25);
    log.addOlder(at(log, 9), [...items(9, 12), ...items(14, 16)]);
    expect(after(log, 9)).toEqual(['10', '11', '12']);
    expect(after(log, 13)).toBeUndefined();
  });

  test('a part continues from the generation before, if offsets continue', () => {
    const log = new ChannelLog(LIMITS);
    log.restart({ epoch: 'f', firstOffset: 8, follows: { epoch: 'e', offset: 5 } }, 20);
    expect(log.readFrom(at(log, 3))).toBe(3);
    log.addOlder(at(log, 3), [...items(3, 5), ...items(8, 10)]);
    expect(after(log, 3)).toEqual(['4', '5', '8', '9', '10']);
    expect(log.generationEnd(at(log, 3))).toBe(at(log, 7, 'f'));
  });

  test('a generation that was lost is not read, nor one before the last', () => {
    const log = new ChannelLog(LIMITS);
    log.restart({ epoch: 'f', firstOffset: 1, follows: { epoch: 'e', offset: 50 } }, 20);
    expect(log.readFrom(at(log, 30))).toBeUndefined();
    expect(log.readFrom(at(log, 0, 'f'))).toBe(0);
    log.beginGeneration({ epoch: 'g', firstOffset: 80 });
    expect(log.readFrom(at(log, 5, 'f'))).toBe(5);
    expect(log.readFrom(at(log, 30))).toBeUndefined();
  });
});

describe('removal', () => {
  test('removed publications are not returned; later ones are', () => {
    const log = newLog(1, 5);
    log.removeBefore(at(log, 3));
    expect([after(log, 2), after(log, 3)]).toEqual([undefined, ['4', '5']]);
    expect(log.readFrom(at(log, 2))).toBeUndefined();
    log.removeBefore(log.end);
    log.append(item(6), Infinity);
    expect([after(log, 4), after(log, 5)]).toEqual([undefined, ['6']]);
  });

  test('removed publications are not returned if they were being read meanwhile', () => {
    const log = newLog(21, 23);
    log.removeBefore(at(log, 20));
    log.addOlder(at(log, 17), items(18, 20));
    expect(after(log, 17)).toBeUndefined();
    expect(after(log, 20)).toHaveLength(3);
    log.addOlder(at(log, 10), items(11, 14));
    expect(after(log, 12)).toBeUndefined();
  });
});
