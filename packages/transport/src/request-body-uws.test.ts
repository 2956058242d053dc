import type * as Uws from 'uWebSockets.js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { drainBody } from './request-body-uws.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Starts to drop a body and records how that ends. */
function start() {
  let onData: (chunk: ArrayBuffer, isLast: boolean) => void = () => undefined;
  const response = { onData: (handler: typeof onData) => (onData = handler) };
  const ends: boolean[] = [];
  drainBody(response as unknown as Uws.HttpResponse, (isWhole) => ends.push(isWhole));
  return {
    ends,
    receive: (bytes: number, isLast = false) => onData(new ArrayBuffer(bytes), isLast),
  };
}

describe('a body that is dropped', () => {
  test('is read to its end', () => {
    const body = start();
    body.receive(4_000_000);
    expect(body.ends).toEqual([]);
    body.receive(10, true);
    expect(body.ends).toEqual([true]);
    vi.advanceTimersByTime(120_000);
    expect(body.ends).toEqual([true]);
  });

  test('is read up to 4 MiB', () => {
    const body = start();
    body.receive(4_194_304);
    expect(body.ends).toEqual([]);
    body.receive(1);
    body.receive(1, true);
    expect(body.ends).toEqual([false]);
  });

  test('is given up when it comes with less than 16 KiB a second', () => {
    const body = start();
    body.receive(49_152);
    vi.advanceTimersByTime(3000);
    expect(body.ends).toEqual([]);
    body.receive(49_151);
    vi.advanceTimersByTime(3000);
    expect(body.ends).toEqual([false]);
  });

  test('is given up after a minute', () => {
    const body = start();
    for (let ms = 0; ms < 57_000; ms += 3000) {
      body.receive(50_000);
      vi.advanceTimersByTime(3000);
    }
    expect(body.ends).toEqual([]);
    body.receive(50_000);
    vi.advanceTimersByTime(3000);
    expect(body.ends).toEqual([false]);
  });
});
