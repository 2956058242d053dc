import { describe, expect, test } from 'vitest';
import { FollowerRig, GONE, items, generation, names, page } from '../../test/rig/follower-rig.js';

describe('the live flow', () => {
  test('publications follow by one in one epoch; known ones are repeated', () => {
    const rig = FollowerRig.at(4);
    expect([5, 6, 6, 4].map((offset) => rig.receive(offset))).toEqual([
      'next',
      'next',
      'repeated',
      'repeated',
    ]);
    expect(rig.data).toEqual(names(5, 6));
    expect(rig.follower.isLive).toBe(true);
  });

  test.each([
    ['a hole', 6, 'e', false],
    ['an epoch that does not say it is new', 1, 'f', false],
  ])('%s is not passed over', (_, offset, epoch, isFirst) => {
    const rig = FollowerRig.at(4);
    expect(rig.receive(offset, epoch, isFirst)).toBe('gap');
    expect([rig.follower.isLive, rig.data]).toEqual([false, []]);
    expect(rig.receive(5)).toBe('kept');
  });

  test('before the log was read everything is kept', () => {
    const rig = new FollowerRig();
    expect([rig.follower.isLive, rig.follower.readFrom]).toEqual([false, 0]);
    rig.follower.beginRead();
    expect(rig.receive(4)).toBe('kept');
    expect(rig.follower.take(page(1, 0, 3), Infinity)).toBe('live');
    expect(rig.log.position).toEqual({ offset: 4, epoch: 'e' });
  });
});

describe('a first read', () => {
  test('begins where the log ends, with as much of that end as the page has', () => {
    const rig = new FollowerRig();
    expect(rig.read(page(1, 5))).toEqual(['live']);
    expect(rig.data).toEqual(names(1, 5));
    const short = new FollowerRig();
    short.read(page(1, 5, 50));
    expect([short.data, short.log.position.offset]).toEqual([[], 50]);
    const holed = new FollowerRig();
    holed.read({ ...page(1, 5), publications: [...items(1, 2), ...items(4, 5)] });
    expect(holed.data).toEqual(names(4, 5));
  });

  test('leaves out publications of the generation before', () => {
    const rig = new FollowerRig();
    rig.read({ ...page(1, 5), generation: generation('f', 4, { epoch: 'e', offset: 3 }) });
    expect([rig.data, rig.log.position]).toEqual([names(4, 5), { offset: 5, epoch: 'f' }]);
    expect(rig.log.cursorAfter({ epoch: 'e', offset: 3 })).toBe(rig.log.ringStart);
  });

  test('of a log that does not exist begins in no generation', () => {
    const rig = new FollowerRig();
    expect(rig.read(GONE)).toEqual(['live']);
    expect(rig.log.position).toEqual({ offset: 0, epoch: '' });
    expect(rig.receive(1, 'e', true)).toBe('gap');
    expect(rig.read(page(1, 1), page(1, 1))).toEqual(['read', 'live']);
    expect(rig.data).toEqual(['e1']);
  });

  test.each([
    ['the next', 3, 4, true],
    ['a hole', 3, 5, false],
    ['published between the subscription and the read', 3, 3, true],
    ['the very first', 0, 1, true],
    ['a hole before the first', 0, 2, false],
  ])('publications received meanwhile must follow: %s', (_, top, offset, follows) => {
    const rig = new FollowerRig();
    rig.follower.beginRead();
    rig.receive(offset);
    expect(rig.follower.take(page(1, 0, top), Infinity)).toBe(follows ? 'live' : 'read');
  });
});

describe('a gap', () => {
  test('is filled page by page, then the live flow goes on', () => {
    const rig = FollowerRig.at(1);
    expect(rig.receive(9)).toBe('gap');
    rig.follower.beginRead();
    expect(rig.receive(10)).toBe('kept');
    expect(rig.follower.take(page(2, 4, 9), 0)).toBe('read');
    expect(rig.follower.readFrom).toBe(4);
    rig.follower.beginRead();
    expect(rig.receive(11)).toBe('kept');
    expect(rig.follower.take(page(5, 10), 0)).toBe('live');
    expect(rig.receive(12)).toBe('next');
    expect(rig.data).toEqual(names(2, 12));
  });

  test.each([
    ['the log no longer has the next publication', page(7, 9), 9],
    ['the log has run out', page(1, 0, 9), 9],
    ['another log, which does not say what it follows', page(6, 9, 9, generation('f')), 9],
    ['a log that has lost its end', page(1, 0, 5), 7],
  ])('is not filled: %s', (_, history, offset) => {
    const rig = FollowerRig.at(5);
    expect(rig.receive(offset)).toBe('gap');
    expect(rig.read(history)).toEqual(['lost']);
    expect([rig.data, rig.follower.isLive]).toEqual([[], false]);
    expect(rig.follower.giveUp(history)).toBe('live');
    expect(rig.log.position.offset).toBe(history.topOffset);
    expect(rig.log.position.epoch).toBe(history.generation?.epoch);
  });

  test('with a hole in the page is filled up to there, and lost', () => {
    const rig = FollowerRig.at(5);
    rig.follower.interrupt();
    const publications = [...items(6, 7), ...items(9, 10)];
    expect(rig.read({ ...page(6, 10), publications })).toEqual(['lost']);
    expect(rig.data).toEqual(names(6, 7));
  });

  test.each([
    ['the log ends at the position', page(1, 0, 5)],
    ['the log ends before it', page(1, 0, 3)],
    ['the log is gone', GONE],
  ])('is none if nothing was published meanwhile: %s', (_, history) => {
    const rig = FollowerRig.at(5);
    expect(rig.follower.interrupt()).toBe(true);
    expect(rig.read(history)).toEqual(['live']);
    expect(rig.receive(6)).toBe('next');
  });
});

describe('publications received while the log is read', () => {
  test('too many: the log is read once more, at least up to the last of them', () => {
    const rig = FollowerRig.at(1);
    rig.follower.interrupt();
    rig.follower.beginRead();
    for (let offset = 3; offset <= 1100; offset++) expect(rig.receive(offset)).toBe('kept');
    expect(rig.follower.take(page(2, 2), 0)).toBe('read');
    expect(rig.data).toEqual(['e2']);
    expect(rig.read(page(3, 1100))).toEqual(['live']);
    expect(rig.data).toEqual(names(2, 1100));
  });

  test('an interruption meanwhile requires another read, and none received before it counts', () => {
    const rig = FollowerRig.at(1);
    rig.follower.interrupt();
    rig.follower.beginRead();
    rig.receive(2);
    expect(rig.follower.interrupt()).toBe(false);
    expect(rig.follower.take(page(1, 0, 1), 0)).toBe('read');
    expect(rig.follower.isLive).toBe(false);
    expect(rig.read(page(2, 4))).toEqual(['live']);
    expect(rig.data).toEqual(names(2, 4));
  });

  test('of another generation: the log is read once more', () => {
    const rig = FollowerRig.at(1);
    rig.follower.interrupt();
    rig.follower.beginRead();
    rig.receive(1, 'f', true);
    expect(rig.follower.take(page(1, 0, 1), 0)).toBe('read');
    const follows = { epoch: 'e', offset: 1 };
    expect(rig.read(page(1, 1, 1, generation('f', 1, follows)))[0]).toBe('read');
    expect(rig.read(page(1, 1, 1, generation('f', 1, follows)))).toEqual(['live']);
    expect(rig.data).toEqual(['f1']);
  });
});
