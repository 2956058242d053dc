import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChannelLog } from './channel-log.js';
import { toRingPublication } from './ring.js';

/**
 * All publications in order, each with its position: the model that a ChannelLog must agree with.
 */
test('after any operations, the publications returned after a position are those that followed it', () => {
  const step = fc.oneof(
    { arbitrary: fc.constant('append' as const), weight: 6 },
    { arbitrary: fc.constantFrom('generation', 'gone on', 'flush', 'older', 'remove'), weight: 1 },
  );
  const property = fc.property(
    fc.array(fc.tuple(step, fc.nat(20)), { maxLength: 50 }),
    fc.integer({ min: 1, max: 6 }),
    (steps, ringSize) => {
      const log = new ChannelLog({ ringSize, ringBytes: 100 });
      log.restart({ epoch: 'e0', firstOffset: 1, follows: undefined }, 0);
      const all: { epoch: string; offset: number; data: string }[] = [];
      let flushed = log.end;
      let kept = flushed;
      let generations = 0;
      let removed = 0;
      const base = log.end;
      const inLog = () => all.filter(({ epoch }, i) => i >= removed && isKept(epoch));
      let [current, before] = ['e0', ''];
      const isKept = (epoch: string) => epoch === current || epoch === before;
      for (const [name, count] of steps) {
        const { epoch, offset } = log.position;
        const next = { epoch, offset: offset + 1, data: String(all.length) };
        if (name === 'append') {
          log.append(toRingPublication(next, 0), flushed);
          kept = flushed;
          all.push(next);
          if (count % 3 === 0) flushed = log.end;
        } else if (name === 'remove') {
          removed = Math.max(removed, Math.min(flushed - base, all.length - (count % 4)));
          log.removeBefore(base + removed);
        } else if (name === 'older') {
          const cursor = log.ringStart - count;
          const since = cursor < base ? undefined : log.readFrom(cursor);
          if (since === undefined) continue;
          const page = inLog().filter((each) => each.offset > Math.max(0, since - 2));
          log.addOlder(
            cursor,
            page.slice(0, 8).map((each) => toRingPublication(each, 0)),
          );
        } else if (all.at(-1)?.epoch === epoch) {
          const firstOffset = name === 'flush' ? 1 : offset + 1 + (count % 3);
          [before, current] = [name === 'flush' ? '' : current, `e${++generations}`];
          log.beginGeneration({ epoch: current, firstOffset });
        }
        expect(log.ringStart).toBeLessThanOrEqual(flushed);
        for (const [i, each] of all.entries()) {
          const cursor = log.cursorAfter(each);
          if (cursor === undefined) continue; // of a generation that is no longer remembered
          expect(cursor).toBe(base + i + 1);
          const given = log.slice(cursor, log.end, Infinity);
          if (given === undefined) continue;
          expect(i + 1).toBeGreaterThanOrEqual(Math.min(removed, all.length));
          expect(given.map(({ data }) => data)).toEqual(
            all.slice(i + 1, i + 1 + given.length).map(({ data }) => data),
          );
          if (cursor >= log.ringStart) expect(given).toHaveLength(all.length - i - 1);
        }
        expect(log.end - log.ringStart).toBeLessThanOrEqual(Math.max(ringSize, log.end - kept, 1));
      }
    },
  );
  fc.assert(property, { numRuns: 150 });
});
