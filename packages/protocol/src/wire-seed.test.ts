import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError, seedWire, toJsonLine } from './index.js';

const frameOf = (value: unknown) => seedWire.encode([{ offset: 1, data: toJsonLine(value) }])[0];

function refusal(text: string): string {
  try {
    seedWire.decode(text);
  } catch (error) {
    if (error instanceof ProtocolError) return seedWire.encodeError(error);
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

describe('commands', () => {
  test('sub# and unsub# name channels, once each, with white space around passed over', () => {
    expect(seedWire.decode('sub#77707|77708')).toEqual({
      type: 'subscribe',
      channels: ['77707', '77708'],
    });
    expect(seedWire.decode(' sub#a|a|b\r\n')).toEqual({ type: 'subscribe', channels: ['a', 'b'] });
    expect(seedWire.decode('unsub#sports:1')).toEqual({
      type: 'unsubscribe',
      channels: ['sports:1'],
    });
  });

  test.each([
    ['', 'error#107#bad request: a command is sub#CHANNEL|CHANNEL or unsub#CHANNEL|CHANNEL'],
    ['hello', 'error#107#bad request: a command is sub#CHANNEL|CHANNEL or unsub#CHANNEL|CHANNEL'],
    ['SUB#a', 'error#107#bad request: a command is sub#CHANNEL|CHANNEL or unsub#CHANNEL|CHANNEL'],
    ['sub#', 'error#107#bad request: a channel name is empty'],
    ['sub#a||b', 'error#107#bad request: a channel name is empty'],
    [
      `sub#${'x'.repeat(256)}`,
      'error#107#bad request: a channel name has 256 characters, 255 are allowed',
    ],
    [
      'sub#a b',
      'error#107#bad request: channel name "a b" has a character other than letters, digits and _-.:@/+=~$&',
    ],
    [
      `sub#${'é'.repeat(100)}`,
      `error#107#bad request: channel name "${'\\u00e9'.repeat(32)}..." has a character other than letters, digits and _-.:@/+=~$&`,
    ],
    ['x'.repeat(8193), 'error#106#limit exceeded: a command has 8193 characters, 8192 are allowed'],
  ])('refuses %.30j', (text, answer) => {
    expect(refusal(text)).toBe(answer);
  });

  test('any text is either a command or a ProtocolError in printable ASCII', () => {
    const nearCommands = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(fc.constantFrom('sub#', 'unsub#', 'sub', '#'), fc.string()).map(([a, b]) => a + b),
    );
    fc.assert(
      fc.property(nearCommands, (text) => {
        try {
          expect(seedWire.decode(text).channels.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          expect(seedWire.encodeError(error as ProtocolError)).toMatch(/^error#\d+#[\x20-\x7e]+$/);
        }
      }),
    );
  });
});

describe('publications', () => {
  test('a string travels as its characters, any other value as JSON text', () => {
    expect(frameOf('Goal!')).toBe('Goal!');
    expect(frameOf('two\nlines "quoted" \\ 😀')).toBe('two\nlines "quoted" \\ 😀');
    expect(frameOf({ a: [1, null] })).toBe('{"a":[1,null]}');
    expect(frameOf(null)).toBe('null');
  });

  test('every string arrives as it was, but for lone surrogates, which UTF-8 cannot carry', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(frameOf(text)).toBe(text.toWellFormed());
      }),
    );
    expect(frameOf('\ud800')).toBe('\ufffd');
  });

  test('frames keep the order of the publications', () => {
    const publications = [1, 2, 3].map((offset) => ({ offset, data: toJsonLine(offset) }));
    expect(seedWire.encode(publications)).toEqual(['1', '2', '3']);
  });
});
