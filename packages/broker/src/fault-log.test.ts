import { expect, test } from 'vitest';
import { FaultLog } from './fault-log.js';

function rig() {
  const lines: string[] = [];
  const clock = { ms: 0 };
  const log = {
    info: (sentence: string) => void lines.push(`info ${sentence}`),
    warn: (sentence: string) => void lines.push(`warn ${sentence}`),
  };
  return { lines, clock, faultLog: new FaultLog(log, () => clock.ms) };
}

test('a fault is logged at once, and while it stays, every 30 s', () => {
  const { lines, clock, faultLog } = rig();
  for (clock.ms = 0; clock.ms < 90_000; clock.ms += 100) faultLog.warn('away');
  expect(lines).toEqual(['warn away', 'warn away', 'warn away']);
});

test('faults that alternate do not log one another again', () => {
  const { lines, faultLog } = rig();
  for (let i = 0; i < 10; i++) {
    faultLog.warn('one');
    faultLog.warn('two');
  }
  expect(lines).toEqual(['warn one', 'warn two']);
});

test('the same fault after good news is logged at once', () => {
  const { lines, faultLog } = rig();
  faultLog.warn('away');
  faultLog.info('back');
  faultLog.warn('away');
  expect(lines).toEqual(['warn away', 'info back', 'warn away']);
});

test.each([
  ['a fault with many texts', (faultLog: FaultLog, i: number) => faultLog.warn(`fault ${i}`)],
  [
    'a connection that comes and goes',
    (faultLog: FaultLog, i: number) => (i % 2 ? faultLog.info('back') : faultLog.warn('away')),
  ],
])('%s: 60 lines in 30 s at most, then more', (_, say) => {
  const { lines, clock, faultLog } = rig();
  for (let i = 0; i < 1000; i++) say(faultLog, i);
  expect(lines.length).toBe(60);
  clock.ms = 30_000;
  faultLog.warn('later');
  expect(lines.at(-1)).toBe('warn later');
});
