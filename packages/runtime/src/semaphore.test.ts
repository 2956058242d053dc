import { setImmediate as tick } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Semaphore } from './semaphore.js';

function newSemaphore(places: number) {
  const semaphore = new Semaphore(places);
  const working: string[] = [];
  const ends = new Map<string, () => void>();
  const enter = (name: string, signal?: AbortSignal) =>
    semaphore.run(() => {
      working.push(name);
      return new Promise<string>((resolve, reject) => {
        ends.set(name, () => (name.startsWith('bad') ? reject(new Error(name)) : resolve(name)));
      });
    }, signal);
  return { enter, working, end: (name: string) => ends.get(name)?.() };
}

test('so many work at a time, the others in the order they came', async () => {
  const { enter, working, end } = newSemaphore(2);
  const all = [enter('a'), enter('bad'), enter('c'), enter('d')];
  const outcomes = Promise.allSettled(all);
  await tick();
  expect(working).toEqual(['a', 'bad']);
  end('bad'); // a failed call frees its place, too
  await tick();
  expect(working).toEqual(['a', 'bad', 'c']);
  end('a');
  await tick();
  end('c');
  end('d');
  expect((await outcomes).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
});

test('an abandoned wait takes no place', async () => {
  const { enter, working, end } = newSemaphore(1);
  const first = enter('a');
  const timeout = new AbortController();
  const second = enter('b', timeout.signal);
  const third = enter('c');
  await tick();
  timeout.abort(new Error('gave up'));
  await expect(second).rejects.toThrow('gave up');
  end('a');
  await first;
  await tick();
  expect(working).toEqual(['a', 'c']);
  end('c');
  await third;
  const fourth = enter('d');
  await tick();
  end('d');
  expect(await fourth).toBe('d');
});
