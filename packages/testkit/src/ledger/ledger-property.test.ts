import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ledger } from './index.js';

/** A publication of the model's log. */
interface Published {
  readonly epoch: string;
  readonly offset: number;
  readonly token: number;
  readonly isAccepted: boolean;
}

/** What a subscriber sees next: an item of the log, or a reply after the first `top` items. */
type Item = { readonly kind: 'item'; readonly item: Published };
type Reply = { readonly kind: 'reply'; readonly recovered: boolean; readonly top: number };
type Step = Item | Reply;

/** For each item: does it begin a new generation, at which offset, and was its publisher answered? */
const logArbitrary = fc
  .array(
    fc.record({
      begins: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      first: fc.integer({ min: 1, max: 50 }),
      isAccepted: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
    }),
    { minLength: 12, maxLength: 40 },
  )
  .map((seeds) => {
    let [generation, offset] = [0, 0];
    return seeds.map(({ begins, first, isAccepted }, i): Published => {
      if (begins) [generation, offset] = [generation + 1, first];
      else offset++;
      return { epoch: `E${generation}`, offset, token: i + 1, isAccepted };
    });
  });

/** A correct generation of one subscriber on that log: stretches of deliveries, recoveries, told gaps. */
const historyArbitrary = fc
  .tuple(
    logArbitrary,
    fc.array(
      fc.record({
        take: fc.integer({ min: 1, max: 6 }),
        // A third of the stretches end in a told gap.
        gap: fc.integer({ min: -8, max: 4 }),
      }),
      { minLength: 30, maxLength: 30 },
    ),
    fc.integer({ min: 0, max: 5 }),
  )
  .map(([log, stretches, start]) => ({ log, steps: correctSteps(log, stretches, start) }));

function correctSteps(
  log: readonly Published[],
  stretches: readonly { take: number; gap: number }[],
  start: number,
): Step[] {
  const steps: Step[] = [{ kind: 'reply', recovered: false, top: start }];
  let next = start;
  for (const { take, gap } of stretches) {
    for (let i = 0; i < take && next < log.length; i++, next++) {
      const item = log.at(next) as Published;
      if (next > 0 && log[next - 1]?.epoch !== item.epoch) {
        steps.push({ kind: 'reply', recovered: true, top: next });
      }
      steps.push({ kind: 'item', item });
    }
    const skipped = Math.max(0, Math.min(gap, log.length - 1 - next));
    if (next >= log.length) break;
    if (skipped > 0) next += skipped;
    steps.push({ kind: 'reply', recovered: skipped === 0, top: next });
  }
  return steps;
}

/** Plays the steps to a ledger that has recorded all publications in their order. */
function play(log: readonly Published[], steps: readonly Step[]) {
  const ledger = new Ledger();
  const subscription = ledger.subscription('client', 'c');
  for (const { epoch, offset, token, isAccepted } of log) {
    if (isAccepted) ledger.accepted('c', token, { epoch, offset });
    else ledger.failed('c', token);
    ledger.channel('c').generation(epoch);
  }
  for (const step of steps) {
    if (step.kind === 'item') subscription.delivered(step.item.offset, step.item.token);
    else subscription.subscribed({ ...positionAfter(log, step.top), recovered: step.recovered });
  }
  return ledger.verdict();
}

/** A recovery into the next generation is answered with the position before that generation's first item. */
function positionAfter(log: readonly Published[], count: number) {
  const [last, next] = [log[count - 1], log[count]];
  if (next !== undefined && next.epoch !== last?.epoch) {
    return { epoch: next.epoch, offset: next.offset - 1 };
  }
  return { epoch: last?.epoch ?? 'E0', offset: last?.offset ?? 0 };
}

const CLEAN = { lost: 0, doubled: 0, reordered: 0, skipped: 0, conflicts: 0 };

/** Indexes of steps that are deliveries of accepted publications. */
function acceptedItems(steps: readonly Step[]): number[] {
  return steps.flatMap((step, i) => (step.kind === 'item' && step.item.isAccepted ? [i] : []));
}

const pick = fc.nat({ max: 1000 });

test('a correct history has no faults', () => {
  fc.assert(
    fc.property(historyArbitrary, ({ log, steps }) => {
      expect(play(log, steps)).toMatchObject(CLEAN);
    }),
  );
});

test('one dropped delivery counts as lost, unless a gap is reported right after it', () => {
  fc.assert(
    fc.property(historyArbitrary, pick, ({ log, steps }, chosen) => {
      const candidates = acceptedItems(steps).filter((index) => {
        const next = steps.slice(index + 1).find((step) => step.kind === 'item' || isTold(step));
        return next === undefined || !isTold(next);
      });
      fc.pre(candidates.length > 0);
      const index = candidates[chosen % candidates.length] ?? 0;
      expect(play(log, steps.toSpliced(index, 1))).toMatchObject({ ...CLEAN, lost: 1 });
    }),
  );
});

test('one delivery repeated is one doubled', () => {
  fc.assert(
    fc.property(historyArbitrary, pick, pick, ({ log, steps }, chosen, distance) => {
      const candidates = acceptedItems(steps);
      fc.pre(candidates.length > 0);
      const index = candidates[chosen % candidates.length] ?? 0;
      const step = steps.at(index) as Item;
      // As far behind as its epoch is still the current one.
      const end = steps.findIndex((later, i) => {
        if (i <= index) return false;
        return later.kind === 'item' ? later.item.epoch !== step.item.epoch : true;
      });
      const room = (end < 0 ? steps.length : end) - index;
      const faulty = steps.toSpliced(index + 1 + (distance % room), 0, step);
      expect(play(log, faulty)).toMatchObject({ ...CLEAN, doubled: 1 });
    }),
  );
});

test('two neighbours swapped are one reordered', () => {
  fc.assert(
    fc.property(historyArbitrary, pick, ({ log, steps }, chosen) => {
      const items = acceptedItems(steps);
      const candidates = items.filter((index) => items.includes(index + 1));
      fc.pre(candidates.length > 0);
      const index = candidates[chosen % candidates.length] ?? 0;
      const [first, second] = [steps.at(index) as Step, steps.at(index + 1) as Step];
      const faulty = steps.with(index, second).with(index + 1, first);
      expect(play(log, faulty)).toMatchObject({ ...CLEAN, reordered: 1 });
    }),
  );
});

test('an unreported gap counts as lost, exactly', () => {
  fc.assert(
    fc.property(historyArbitrary, pick, ({ log, steps }, chosen) => {
      const told = play(log, steps);
      const replies = steps.flatMap((step, i) => (i > 0 && isTold(step) ? [i] : []));
      fc.pre(replies.length > 0);
      const which = chosen % replies.length;
      const covered = told.subscriptions[0]?.gaps[which]?.covered ?? -1;
      const index = replies[which] ?? 0;
      const faulty = steps.with(index, { ...(steps.at(index) as Reply), recovered: true });
      const verdict = play(log, faulty);
      expect(verdict).toMatchObject({ lost: covered, doubled: 0, reordered: 0, conflicts: 0 });
      expect(verdict.subscriptions[0]?.gaps).toHaveLength(replies.length - 1);
    }),
  );
});

function isTold(step: Step): boolean {
  return step.kind === 'reply' && !step.recovered;
}
