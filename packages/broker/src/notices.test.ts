import { expect, test } from 'vitest';
import { Notices } from './notices.js';

function rig() {
  const lines: string[] = [];
  const clock = { ms: 0 };
  const log = {
    info: (sentence: string) => void lines.push(`info ${sentence}`),
    warn: (sentence: string) => void lines.push(`warn ${sentence}`),
  };
  return { lines, clock, notices: new Notices(log, () => clock.ms) };
}

test('a fault is logged at once, and while it stays, every 30 s', () => {
  const { lines, clock, notices } = rig();
  for (clock.ms = 0; clock.ms < 90_000; clock.ms += 100) notices.warn('away');
  expect(lines).toEqual(['warn away', 'warn away', 'warn away']);
});

test('faults that alternate do not log one another again', () => {
  const { lines, notices } = rig();
  for (let i = 0; i < 10; i++) {
    notices.warn('one');
    notices.warn('two');
  }
  expect(lines).toEqual(['warn one', 'warn two']);
});

test('the same fault after good news is logged at once', () => {
  const { lines, notices } = rig();
  notices.warn('away');
  notices.info('back');
  notices.warn('away');
  expect(lines).toEqual(['warn away', 'info back', 'warn away']);
});

test.each([
  ['a fault with many texts', (notices: Notices, i: number) => notices.warn(`fault ${i}`)],
  [
    'a connection that comes and goes',
    (notices: Notices, i: number) => (i % 2 ? notices.info('back') : notices.warn('away')),
  ],
])('%s: 60 lines in 30 s at most, then more', (_, say) => {
  const { lines, clock, notices } = rig();
  for (let i = 0; i < 1000; i++) say(notices, i);
  expect(lines.length).toBe(60);
  clock.ms = 30_000;
  notices.warn('later');
  expect(lines.at(-1)).toBe('warn later');
});
