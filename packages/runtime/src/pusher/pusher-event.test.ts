import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEvent, toEventData, toEventLine } from './pusher-event.js';

/** As clients do: text that is no JSON is the data itself. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

test("any text of Pusher's API is to clients what it was", () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
    fc.json(),
    fc.json().map((text) => JSON.stringify(text)),
    fc.constantFrom('', ' ', '"', '1', ' 1', '"1"', '"a"', 'null', '{"a": 1.50}', '\n[1,\n2]'),
  );
  fc.assert(
    fc.property(texts, fc.string({ minLength: 1, maxLength: 20 }), (text, name) => {
      fc.pre(!/^pusher(_internal)?:/.test(name));
      const line = toEventLine(name, toEventData(text));
      expect(line).not.toMatch(/[\r\n]/);
      const event = readEvent(line);
      expect(event.name).toBe(name.toWellFormed());
      expect(parse(event.data)).toEqual(parse(text));
    }),
    { numRuns: 2000 },
  );
});

test('JSON stays as it was written', () => {
  const text = '{"big": 12345678901234567890, "f": 1.50}';
  expect(toEventLine('a', toEventData(text))).toBe(`{"event":"a","data":${text}}`);
  expect(readEvent(toEventLine('a', toEventData(text))).data).toBe(text);
});
