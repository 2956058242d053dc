import type { Life } from '@newswire/broker';
import type { Position } from '@newswire/protocol';
import { describe, expect, test } from 'vitest';
import { FollowerRig, GONE, items, life, page } from '../../test/rig/follower-rig.js';
import type { EntryPage } from './log-follower.js';

describe('a new life', () => {
  test('is taken from an unbroken flow, and what is late of the old one is repeated', () => {
    const rig = FollowerRig.at(2);
    expect(rig.hear(3)).toBe('next');
    expect(rig.hear(1, 'f', true)).toBe('next');
    expect(rig.hear(2, 'f')).toBe('next');
    expect(rig.hear(4)).toBe('repeated');
    expect(rig.hear(7, 'g', true)).toBe('next');
    expect(rig.data).toEqual(['e3', 'f1', 'f2', 'g7']);
    expect(rig.log.positionAt(rig.log.end - 3)).toEqual({ offset: 0, epoch: 'f' });
  });

  test.each([
    ['gone', GONE],
    ['shorter than what is known', page(1, 0, 2)],
    // What came after it may have been lost before it was read.
    ['as long as what is known', page(1, 0, 3)],
  ])('is not taken from the flow after an interruption, the log being %s', (_, history) => {
    const rig = FollowerRig.at(3);
    rig.follower.interrupt();
    expect(rig.read(history)).toEqual(['live']);
    expect(rig.hear(1, 'f', true)).toBe('gap');
  });

  test('is not taken from the flow where the log was only read', () => {
    expect(FollowerRig.at(3).hear(1, 'f', true)).toBe('gap');
    expect(FollowerRig.at(0).hear(1, 'f', true)).toBe('gap');
  });

  test('is taken from it again once the flow has gone on in the old one', () => {
    const rig = FollowerRig.at(3);
    rig.follower.interrupt();
    rig.read(page(1, 0, 3));
    expect(rig.hear(4)).toBe('next');
    expect(rig.hear(1, 'f', true)).toBe('next');
  });

  test('is taken from it, too, once the flow has come to what was read', () => {
    const rig = FollowerRig.at(3);
    expect(rig.hear(2)).toBe('repeated');
    expect(rig.hear(3)).toBe('repeated');
    expect(rig.hear(1, 'f', true)).toBe('next');
  });

  test('is not taken from the flow where the flow itself had a hole', () => {
    const rig = FollowerRig.at(3);
    expect(rig.hear(5)).toBe('gap');
    rig.read(GONE);
    expect(rig.hear(1, 'f', true)).toBe('gap');
  });

  const broken = (offset: number, of?: Life) => {
    const rig = FollowerRig.at(offset, of);
    rig.follower.interrupt();
    return rig;
  };
  const goneOn = (publications: EntryPage['publications'], follows: Position | undefined) => ({
    publications,
    topOffset: 9,
    life: life('f', 8, follows),
  });

  test('after an interruption it follows what was answered last: whoever has that goes on', () => {
    const rig = broken(5);
    const follows = { epoch: 'e', offset: 5 };
    expect(rig.read(page(1, 2, 2, life('f', 1, follows)))).toEqual(['read']);
    expect(rig.read(page(1, 2, 2, life('f', 1, follows)))).toEqual(['live']);
    expect(rig.data).toEqual(['f1', 'f2']);
    expect(rig.log.cursorAfter({ epoch: 'e', offset: 4 })).toBe(rig.log.ringStart - 1);
  });

  test('who had more than was answered goes on, too', () => {
    const rig = broken(7);
    expect(rig.read(goneOn(items(8, 9, 'f'), { epoch: 'e', offset: 5 }))).toEqual(['live']);
    expect(rig.data).toEqual(['f8', 'f9']);
  });

  test('what is missing of the old life is taken from the log, where offsets went on', () => {
    const rig = broken(3);
    const all = [...items(4, 5), ...items(8, 9, 'f')];
    expect(rig.read(goneOn(all, { epoch: 'e', offset: 5 }))).toEqual(['live']);
    expect(rig.data).toEqual(['e4', 'e5', 'f8', 'f9']);
    const paged = broken(3);
    expect(paged.read(goneOn(items(4, 4), { epoch: 'e', offset: 5 }))).toEqual(['read']);
    expect(paged.data).toEqual(['e4']);
  });

  test.each([
    ['of the old life is no longer there', goneOn(items(8, 9, 'f'), { epoch: 'e', offset: 5 })],
    ['follows nobody knows what', goneOn(items(8, 9, 'f'), undefined)],
    ['follows another life', goneOn(items(8, 9, 'f'), { epoch: 'd', offset: 3 })],
    ['was flushed', page(1, 2, 2, life('f', 1, { epoch: 'e', offset: 5 }))],
  ])('what is missing is lost where it %s', (_, history) => {
    const rig = broken(3);
    expect(rig.read(history)).toEqual(['lost']);
    expect(rig.data).toEqual([]);
  });

  test('without publications says nothing yet: the first one tells what it follows', () => {
    const rig = broken(5);
    expect(rig.read(page(1, 0, 0, life('f')))).toEqual(['live']);
    expect(rig.log.position).toEqual({ epoch: 'e', offset: 5 });
    expect(rig.hear(1, 'f', true)).toBe('gap');
    const follows = { epoch: 'e', offset: 5 };
    const first = page(1, 1, 1, life('f', 1, follows));
    expect(rig.read(first, first)).toEqual(['read', 'live']);
    expect(rig.data).toEqual(['f1']);
  });
});
