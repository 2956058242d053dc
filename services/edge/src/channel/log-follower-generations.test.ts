import type { Generation } from '@newswire/broker';
import type { Position } from '@newswire/protocol';
import { describe, expect, test } from 'vitest';
import { FollowerRig, GONE, items, generation, page } from '../../test/rig/follower-rig.js';
import type { LogPage } from './log-follower.js';

describe('a new generation', () => {
  test('that names the known end is taken from the flow; late publications of the old one are repeated', () => {
    const rig = FollowerRig.at(2);
    expect(rig.receive(3)).toBe('next');
    expect(rig.receive(1, 'f', { epoch: 'e', offset: 3 })).toBe('next');
    expect(rig.receive(2, 'f')).toBe('next');
    expect(rig.receive(4)).toBe('repeated');
    // Publishers got replies up to 1 only: the edge has all of that.
    expect(rig.receive(7, 'g', { epoch: 'f', offset: 1 })).toBe('next');
    expect(rig.data).toEqual(['e3', 'f1', 'f2', 'g7']);
    expect(rig.log.positionAt(rig.log.end - 3)).toEqual({ offset: 0, epoch: 'f' });
  });

  test('that names a later end, or another log, is not taken from the flow', () => {
    const rig = FollowerRig.at(2);
    expect(rig.receive(1, 'f', { epoch: 'e', offset: 3 })).toBe('gap');
    const other = FollowerRig.at(2);
    expect(other.receive(1, 'f', { epoch: 'd', offset: 2 })).toBe('gap');
  });

  test('that names nothing is taken from an unbroken flow once the log confirms it', () => {
    const rig = FollowerRig.at(2);
    rig.receive(3);
    expect(rig.receive(1, 'f', true)).toBe('gap');
    rig.follower.beginRead();
    expect(rig.receive(2, 'f')).toBe('kept');
    expect(rig.follower.take(page(1, 0, 1, generation('f')), 0)).toBe('read');
    expect(rig.read(page(1, 2, 2, generation('f')))).toEqual(['live']);
    expect(rig.data).toEqual(['e3', 'f1', 'f2']);
    // The flow is still unbroken.
    expect(rig.receive(7, 'g', true)).toBe('gap');
    expect(rig.read(page(7, 8, 8, generation('g', 7)))).toEqual(['live']);
    expect(rig.data).toEqual(['e3', 'f1', 'f2', 'g7', 'g8']);
  });

  test.each([
    ['gone', GONE],
    ['shorter than what is known', page(1, 0, 2)],
    // Publications after it may have been lost before it was read.
    ['as long as what is known', page(1, 0, 3)],
  ])('is not taken from the flow after an interruption, the log being %s', (_, history) => {
    const rig = FollowerRig.at(3);
    rig.follower.interrupt();
    expect(rig.read(history)).toEqual(['live']);
    expect(rig.receive(1, 'f', true)).toBe('gap');
  });

  test('is not taken from the flow where the log was only read', () => {
    expect(FollowerRig.at(3).receive(1, 'f', true)).toBe('gap');
    expect(FollowerRig.at(0).receive(1, 'f', true)).toBe('gap');
  });

  test('is taken from it again once the flow has gone on in the old one', () => {
    const rig = FollowerRig.at(3);
    rig.follower.interrupt();
    rig.read(page(1, 0, 3));
    expect(rig.receive(4)).toBe('next');
    expect(rig.receive(1, 'f', true)).toBe('gap');
    expect(rig.read(page(1, 1, 1, generation('f')))).toEqual(['read']);
    expect(rig.log.position).toEqual({ epoch: 'f', offset: 0 });
  });

  test('is taken from it, too, once the flow has come to what was read', () => {
    const rig = FollowerRig.at(3);
    expect(rig.receive(2)).toBe('repeated');
    expect(rig.receive(3)).toBe('repeated');
    expect(rig.receive(1, 'f', true)).toBe('gap');
    expect(rig.read(page(1, 1, 1, generation('f')))).toEqual(['read']);
    expect(rig.log.position).toEqual({ epoch: 'f', offset: 0 });
  });

  test('is not taken from the flow where the flow itself had a hole', () => {
    const rig = FollowerRig.at(3);
    expect(rig.receive(5)).toBe('gap');
    rig.read(GONE);
    expect(rig.receive(1, 'f', true)).toBe('gap');
  });

  const broken = (offset: number, of?: Generation) => {
    const rig = FollowerRig.at(offset, of);
    rig.follower.interrupt();
    return rig;
  };
  const goneOn = (publications: LogPage['publications'], follows: Position | undefined) => ({
    publications,
    topOffset: 9,
    generation: generation('f', 8, follows),
  });

  test('after an interruption it follows the last acknowledged position: a log that has it continues', () => {
    const rig = broken(5);
    const follows = { epoch: 'e', offset: 5 };
    expect(rig.read(page(1, 2, 2, generation('f', 1, follows)))).toEqual(['read']);
    expect(rig.read(page(1, 2, 2, generation('f', 1, follows)))).toEqual(['live']);
    expect(rig.data).toEqual(['f1', 'f2']);
    expect(rig.log.cursorAfter({ epoch: 'e', offset: 4 })).toBe(rig.log.ringStart - 1);
  });

  test('a log that had more than was acknowledged continues, too', () => {
    const rig = broken(7);
    expect(rig.read(goneOn(items(8, 9, 'f'), { epoch: 'e', offset: 5 }))).toEqual(['live']);
    expect(rig.data).toEqual(['f8', 'f9']);
  });

  test('missing publications of the old generation are taken from the log, if offsets continue', () => {
    const rig = broken(3);
    const all = [...items(4, 5), ...items(8, 9, 'f')];
    expect(rig.read(goneOn(all, { epoch: 'e', offset: 5 }))).toEqual(['live']);
    expect(rig.data).toEqual(['e4', 'e5', 'f8', 'f9']);
    const paged = broken(3);
    expect(paged.read(goneOn(items(4, 4), { epoch: 'e', offset: 5 }))).toEqual(['read']);
    expect(paged.data).toEqual(['e4']);
  });

  test.each([
    [
      'of the old generation is no longer there',
      goneOn(items(8, 9, 'f'), { epoch: 'e', offset: 5 }),
    ],
    ['does not say what it follows', goneOn(items(8, 9, 'f'), undefined)],
    ['follows another generation', goneOn(items(8, 9, 'f'), { epoch: 'd', offset: 3 })],
    ['was flushed', page(1, 2, 2, generation('f', 1, { epoch: 'e', offset: 5 }))],
  ])('what is missing is lost where it %s', (_, history) => {
    const rig = broken(3);
    expect(rig.read(history)).toEqual(['lost']);
    expect(rig.data).toEqual([]);
  });

  test('without publications proves nothing yet: the first one shows what it follows', () => {
    const rig = broken(5);
    expect(rig.read(page(1, 0, 0, generation('f')))).toEqual(['live']);
    expect(rig.log.position).toEqual({ epoch: 'e', offset: 5 });
    expect(rig.receive(1, 'f', true)).toBe('gap');
    const follows = { epoch: 'e', offset: 5 };
    const first = page(1, 1, 1, generation('f', 1, follows));
    expect(rig.read(first, first)).toEqual(['read', 'live']);
    expect(rig.data).toEqual(['f1']);
  });
});

describe('a publication of another log on the same topic', () => {
  test.each([
    ['its first', 1, true],
    ['a later one', 5, false],
    ['its first, which names what it follows', 7, { epoch: 'other', offset: 6 }],
  ])('costs one read and nothing else: %s', (_, offset, begins) => {
    const rig = FollowerRig.at(2);
    rig.receive(3);
    expect(rig.receive(offset, 'foreign', begins)).toBe('gap');
    // This log continues in the meantime.
    expect(rig.receive(4)).toBe('next');
    rig.follower.beginRead();
    expect(rig.receive(5)).toBe('next');
    expect(rig.follower.take(page(4, 4), 0)).toBe('live');
    // From now on its epoch is known to be foreign.
    expect(rig.receive(offset + 1, 'foreign')).toBe('repeated');
    expect(rig.receive(6)).toBe('next');
    expect(rig.data).toEqual(['e3', 'e4', 'e5', 'e6']);
  });

  test('hides no hole behind it', () => {
    const rig = FollowerRig.at(2);
    rig.receive(3);
    expect(rig.receive(1, 'foreign', true)).toBe('gap');
    rig.follower.beginRead();
    expect(rig.receive(5)).toBe('kept');
    expect(rig.receive(6)).toBe('kept');
    expect(rig.follower.take(page(4, 4), 0)).toBe('live');
    expect(rig.data).toEqual(['e3', 'e4', 'e5', 'e6']);
  });

  test('does not break the flow: a generation that names nothing is still taken from it', () => {
    const rig = FollowerRig.at(2);
    rig.receive(3);
    rig.receive(1, 'foreign', true);
    rig.read(page(1, 0, 3));
    expect(rig.receive(1, 'f', true)).toBe('gap');
    expect(rig.read(page(1, 1, 1, generation('f')))).toEqual(['read']);
    expect(rig.read(page(1, 1, 1, generation('f')))).toEqual(['live']);
    expect(rig.data).toEqual(['e3', 'f1']);
  });

  test('is checked again after an interruption, when the log may be another', () => {
    const rig = FollowerRig.at(3);
    rig.receive(1, 'f', true);
    rig.read(page(1, 0, 3));
    rig.follower.interrupt();
    const follows = { epoch: 'e', offset: 3 };
    expect(rig.read(page(1, 1, 1, generation('f', 1, follows)))).toEqual(['read']);
    expect(rig.read(page(1, 1, 1, generation('f', 1, follows)))).toEqual(['live']);
    expect(rig.receive(2, 'f')).toBe('next');
  });

  test('cannot pass for the next one while the log is gone', () => {
    const rig = FollowerRig.at(0);
    expect(rig.receive(1, 'f', true)).toBe('gap');
    expect(rig.read(page(1, 0, 0, generation('g')))).toEqual(['live']);
    // It may have belonged to this log and be lost with it: the next generation must prove what it
    // follows.
    expect(rig.receive(1, 'g', true)).toBe('gap');
    expect(rig.read(page(1, 1, 1, generation('g')))).toEqual(['lost']);
  });
});
