import { applyDelta } from 'fossil-delta';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toJsonLine, type Frame, type Publication } from '@newswire/protocol';
import { centrifugeProtocol } from './protocol.js';

const { codec, deltas: first } = centrifugeProtocol;
const later = first?.next;

interface Push {
  readonly push: { readonly pub: { data: string; offset: number; delta?: true } };
}

/** Decodes a push as the protocol's libraries do. */
function read(frame: Frame | undefined, previous: string): { data: string; isDelta: boolean } {
  const { data, delta } = (JSON.parse(String(frame)) as Push).push.pub;
  if (delta === undefined) return { data, isDelta: false };
  const bytes = applyDelta<Uint8Array>(Buffer.from(previous), Buffer.from(data));
  return { data: Buffer.from(bytes).toString('utf8'), isDelta: true };
}

const publication = (offset: number, data: string): Publication => ({ offset, data });

describe('differences between publications', () => {
  const long = (score: number) => toJsonLine({ score, text: 'the same all the time '.repeat(5) });

  test('the first publication is whole, as a string; later ones are differences', () => {
    const whole = read(first?.encodePublication('a', publication(1, long(1))), '');
    expect(whole).toEqual({ data: long(1), isDelta: false });
    const frame = later?.encodePublication('a', publication(2, long(2)), publication(1, long(1)));
    expect(read(frame, long(1))).toEqual({ data: long(2), isDelta: true });
    expect(frame?.length).toBeLessThan(long(2).length);
  });

  test('an unknown base, or no shorter difference, gives the whole publication', () => {
    expect(read(later?.encodePublication('a', publication(2, long(2))), '').isDelta).toBe(false);
    const frame = later?.encodePublication('a', publication(2, '"b"'), publication(1, '"a"'));
    expect(read(frame, '"a"')).toEqual({ data: '"b"', isDelta: false });
  });

  test('a client reads any publication unchanged', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', 'é', '\u{1F600}', '"', '\\'),
      maxLength: 200,
    });
    fc.assert(
      fc.property(text, text, text, (head, middle, tail) => {
        const [before, after] = [toJsonLine(head + tail), toJsonLine(head + middle + tail)];
        const frame = later?.encodePublication('a', publication(2, after), publication(1, before));
        expect(read(frame, before).data).toBe(after);
      }),
      { numRuns: 2000 },
    );
  });

  test('a reply says so, and has its publications as strings', () => {
    const reply = codec.encodeReply({
      type: 'subscribed',
      id: 3,
      channel: 'a',
      position: { offset: 1, epoch: 'e' },
      positioning: 'recoverable',
      wasRecovering: true,
      recovered: true,
      hasDelta: true,
      publications: [publication(2, '{"x":1}')],
    });
    expect(JSON.parse(String(reply))).toMatchObject({
      subscribe: { delta: true, publications: [{ data: '{"x":1}', offset: 2 }] },
    });
  });
});
