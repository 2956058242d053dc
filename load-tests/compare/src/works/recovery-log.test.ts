import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecoveryLedger, type ClientVerdict } from './recovery-log.js';

/** What one client received, in its order. */
type Received =
  | { readonly kind: 'message'; readonly number: number; readonly atMs: number }
  | {
      readonly kind: 'subscribed';
      readonly isWhole: boolean;
      readonly begun: number;
      readonly atMs: number;
    };

function judge(received: readonly Received[], taken: ReadonlySet<number>): ClientVerdict {
  const ledger = new RecoveryLedger();
  const client = ledger.addClient();
  for (const each of received) {
    if (each.kind === 'message') client.received(each.number, each.atMs);
    else client.subscribed(each.begun, each.isWhole, each.atMs);
  }
  for (const number of taken) ledger.accepted(number);
  const [verdict] = ledger.verdicts();
  if (!verdict) throw new Error('no client was judged');
  return verdict;
}

const message = (number: number, atMs = number): Received => ({ kind: 'message', number, atMs });
const messages = (...numbers: number[]) => numbers.map((number) => message(number));
const subscribed = (begun: number, isWhole = true, atMs = begun): Received => ({
  kind: 'subscribed',
  isWhole,
  begun,
  atMs,
});
const upTo = (last: number) => new Set(Array.from({ length: last }, (_, i) => i + 1));
const clean = { lost: 0, reported: 0, doubled: 0, reordered: 0 };

describe('publications that a client received', () => {
  test('all of it, through a cut, is whole from when the last that it had missed came', () => {
    const received = [
      subscribed(0),
      ...messages(1, 2),
      subscribed(4),
      message(3, 50),
      message(4, 60),
    ];
    const verdict = judge([...received, message(5, 70)], upTo(5));
    expect(verdict).toEqual({ ...clean, wholeAtMs: 60 });
  });

  test('a missing publication without a report is lost, and the client is never whole', () => {
    const verdict = judge([subscribed(0), ...messages(1, 2), subscribed(4), message(4)], upTo(4));
    expect(verdict).toEqual({ ...clean, lost: 1, wholeAtMs: null });
  });

  test('a client that does not return has lost all later publications', () => {
    const verdict = judge([subscribed(0), ...messages(1, 2)], upTo(9));
    expect(verdict).toMatchObject({ ...clean, lost: 7 });
  });

  test('a client that was reported of it has not lost it', () => {
    const received = [subscribed(0), ...messages(1, 2), subscribed(5, false, 80), message(6, 90)];
    expect(judge(received, upTo(6))).toEqual({ ...clean, reported: 3, wholeAtMs: 80 });
  });

  test('publications missing after the first message that follows a report are lost', () => {
    const received = [subscribed(0), ...messages(1), subscribed(5, false), ...messages(4, 6)];
    expect(judge(received, upTo(6))).toMatchObject({ reported: 2, lost: 1 });
  });

  test('publications after a report are lost if none ever arrives', () => {
    const received = [subscribed(0), ...messages(1), subscribed(3, false)];
    expect(judge(received, upTo(6))).toMatchObject({ reported: 2, lost: 3 });
  });

  test('reported twice with nothing between is each one reported once', () => {
    const received = [subscribed(0), message(1), subscribed(3, false), subscribed(5, false)];
    expect(judge([...received, message(6)], upTo(6))).toMatchObject({ ...clean, reported: 4 });
  });

  test('the first subscription reports nothing, and nothing before it is expected', () => {
    const received = [subscribed(3, false), ...messages(4, 5)];
    expect(judge(received, upTo(5))).toMatchObject(clean);
  });

  test('publications that the server refused are not expected', () => {
    const received = [subscribed(0), ...messages(1, 3)];
    expect(judge(received, new Set([1, 3]))).toMatchObject(clean);
  });

  test('again is doubled, however late; behind a later one is reordered, and not lost', () => {
    const received = [subscribed(0), ...messages(1, 3, 2, 3, 1)];
    expect(judge(received, upTo(3))).toMatchObject({ ...clean, doubled: 2, reordered: 1 });
  });
});

/** What a perfect client receives in a run with cuts: `cuts` are the numbers before which it is subscribed again. */
const perfect = fc
  .record({
    last: fc.integer({ min: 1, max: 60 }),
    cuts: fc.uniqueArray(fc.integer({ min: 1, max: 60 })),
  })
  .map(({ last, cuts }) => {
    const received = [subscribed(0)];
    for (const number of upTo(last)) {
      if (cuts.includes(number)) received.push(subscribed(last));
      received.push(message(number));
    }
    return { last, received };
  });

const isMessage = (each: Received) => each.kind === 'message';

/** The places of some of the messages in what was received. */
const some = (received: readonly Received[]) => {
  const places = received.flatMap((each, place) => (isMessage(each) ? [place] : []));
  return fc.subarray(places);
};

describe('any run', () => {
  test('of a perfect client is clean', () => {
    fc.assert(
      fc.property(perfect, ({ last, received }) => {
        expect(judge(received, upTo(last))).toMatchObject(clean);
        expect(judge(received, upTo(last)).wholeAtMs).not.toBeNull();
      }),
    );
  });

  test('with some taken out has lost just these', () => {
    const holed = perfect.chain(({ last, received }) =>
      some(received).map((places) => ({ last, received, places })),
    );
    fc.assert(
      fc.property(holed, ({ last, received, places }) => {
        const left = received.filter((_, place) => !places.includes(place));
        expect(judge(left, upTo(last))).toMatchObject({ ...clean, lost: places.length });
      }),
    );
  });

  test('with some said again has just these doubled', () => {
    const repeated = perfect.chain(({ last, received }) =>
      some(received).map((places) => ({ last, received, places })),
    );
    fc.assert(
      fc.property(repeated, ({ last, received, places }) => {
        const again = received.flatMap((each, place) =>
          places.includes(place) ? [each, each] : [each],
        );
        expect(judge(again, upTo(last))).toMatchObject({ ...clean, doubled: places.length });
      }),
    );
  });

  test('in any order has what is not a new highest reordered, and nothing lost', () => {
    const shuffled = fc
      .integer({ min: 1, max: 40 })
      .chain((last) => fc.shuffledSubarray([...upTo(last)], { minLength: last }));
    fc.assert(
      fc.property(shuffled, (numbers) => {
        const late = numbers.filter((number, place) =>
          numbers.slice(0, place).some((before) => before > number),
        );
        const verdict = judge([subscribed(0), ...messages(...numbers)], upTo(numbers.length));
        expect(verdict).toMatchObject({ ...clean, reordered: late.length });
      }),
    );
  });

  test('reported of its cut has nothing lost, and all that is missing there reported', () => {
    const cut = fc
      .record({ last: fc.integer({ min: 3, max: 60 }), a: fc.nat(60), b: fc.nat(60) })
      .map(({ last, a, b }) => ({
        last,
        from: Math.min(a, b, last),
        to: Math.min(Math.max(a, b), last),
      }));
    fc.assert(
      fc.property(cut, ({ last, from, to }) => {
        const numbers = [...upTo(last)];
        const received = [
          subscribed(0),
          ...messages(...numbers.slice(0, from)),
          subscribed(to, false),
          ...messages(...numbers.slice(to)),
        ];
        expect(judge(received, upTo(last))).toMatchObject({ ...clean, reported: to - from });
      }),
    );
  });
});
