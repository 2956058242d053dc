import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientFrame, FrameReader, OPCODES } from './frame-reader.js';

/** A frame as servers send it: not masked, and of any length. */
function serverFrame(payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | OPCODES.text;
  head[1] = Math.min(length, length < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

test('frames come out whole, however the stream was cut into pieces', () => {
  const lengths = fc.array(fc.constantFrom(0, 1, 125, 126, 300, 65_535, 65_536, 70_000), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 80_000 }), (sizes, piece) => {
      const payloads = sizes.map((size, i) => Buffer.alloc(size, 65 + i));
      const stream = Buffer.concat(payloads.map(serverFrame));
      const got: Buffer[] = [];
      const reader = new FrameReader((opcode, isFinal, bytes, start, end) => {
        expect([opcode, isFinal]).toEqual([OPCODES.text, true]);
        got.push(Buffer.from(bytes.subarray(start, end)));
      });
      // As from a socket: each piece is in a buffer that is used again.
      const shared = Buffer.alloc(piece);
      for (let at = 0; at < stream.length; at += piece) {
        reader.read(shared.subarray(0, stream.copy(shared, 0, at)));
      }
      expect(got.map(({ length }) => length)).toEqual(sizes);
      expect(Buffer.concat(got).equals(Buffer.concat(payloads))).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('a client’s frames are masked, a server’s must not be', () => {
  const frame = clientFrame(OPCODES.text, Buffer.from('hello'));
  expect(frame.toString('latin1')).toBe('\x81\x85\0\0\0\0hello');
  expect(clientFrame(OPCODES.text, Buffer.alloc(300)).subarray(0, 4)).toEqual(
    Buffer.from([0x81, 0xfe, 0x01, 0x2c]),
  );
  const reader = new FrameReader(() => undefined);
  expect(() => reader.read(frame)).toThrow('must not mask');
});
