import { setImmediate as tick } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Semaphore } from './backend-calls.js';

function newTurnstile(places: number) {
  const semaphore = new Semaphore(places);
  const working: string[] = [];
  const ends = new Map<string, () => void>();
  const enter = (name: string, signal = new AbortController().signal) =>
    semaphore.pass(signal, () => {
      working.push(name);
      return new Promise<string>((resolve, reject) => {
        ends.set(name, () => (name.startsWith('bad') ? reject(new Error(name)) : resolve(name)));
      });
    });
  return { enter, working, end: (name: string) => ends.get(name)?.() };
}

test('so many work at a time, the others in the order they came', async () => {
  const { enter, working, end } = newTurnstile(2);
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
  const { enter, working, end } = newTurnstile(1);
  const first = enter('a');
  const patience = new AbortController();
  const second = enter('b', patience.signal);
  const third = enter('c');
  await tick();
  patience.abort(new Error('gave up'));
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
