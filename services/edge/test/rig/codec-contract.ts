import {
  countFrameBytes,
  ProtocolError,
  toBytes,
  toJsonLine,
  type Codec,
  type Command,
  type Frame,
  type Publication,
  type Reply,
} from '@newswire/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** What a contract test must know about a codec. */
export interface CodecCase {
  readonly codec: Codec;
  /** A new client, which reads what the publications of a frame are to it. */
  newReader(): (frame: Frame) => readonly unknown[];
  /** A publication, as that client reads it. */
  expected(publication: Publication): unknown;
  /** Frames that a client sends, and the types of their commands. */
  readonly commands: readonly (readonly [frame: Frame, types: readonly Command['type'][]])[];
}

const CHANNEL = 'sports:1';

const data = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' })).map(toJsonLine);
const publications = fc
  .array(data, { minLength: 1, maxLength: 12 })
  .map((all) => all.map((each, i): Publication => ({ offset: i + 1, data: each })));

const REPLIES: readonly Reply[] = [
  { type: 'connected', id: 1, client: 'c', version: '1', pingIntervalMs: 1000 },
  { type: 'unsubscribed', id: 1 },
  { type: 'published', id: 1 },
  { type: 'rpc', id: 1, data: '1' },
  { type: 'resubscribe', channel: CHANNEL },
  { type: 'ended', channel: CHANNEL, kind: 'server' },
  { type: 'message', data: '1' },
  { type: 'ping' },
  { type: 'disconnect', code: 3000, reason: 'connection closed' },
  { type: 'error', id: 1, error: new ProtocolError('internal') },
];

/** What every codec does. */
export function describeCodec(name: string, codecCase: CodecCase): void {
  const { codec } = codecCase;
  /** Frames of consecutive publications, each encoded with the one before it. */
  const encode = (all: readonly Publication[]) =>
    all.map((each, i) => codec.encodePublication(CHANNEL, each, all[i - 1]));
  const expectedOf = (all: readonly Publication[]) => all.map((each) => codecCase.expected(each));
  const decoded = (frame: Frame): readonly Command[] | undefined => {
    try {
      return codec.decode(frame);
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
      return undefined;
    }
  };

  describe(`the codec ${name}`, () => {
    test('a client reads each publication from its frame, in order', () => {
      fc.assert(
        fc.property(publications, (all) => {
          const read = codecCase.newReader();
          expect(encode(all).map((frame) => read(frame))).toEqual(
            expectedOf(all).map((each) => [each]),
          );
          expect(encode(all)).toEqual(encode(all));
        }),
      );
    });

    test('joined frames have the same publications in order, and are no longer than allowed', () => {
      let joinedFrames = 0;
      fc.assert(
        fc.property(publications, fc.integer({ min: 1, max: 400 }), (all, maxBytes) => {
          const frames = encode(all);
          const before = [...frames];
          const joined = codec.joinFrames(frames, maxBytes);
          expect(frames).toEqual(before);
          const [reader, counter] = [codecCase.newReader(), codecCase.newReader()];
          expect(joined.flatMap((frame) => reader(frame))).toEqual(expectedOf(all));
          for (const frame of joined) {
            const isSingle = counter(frame).length === 1;
            if (!isSingle) expect(countFrameBytes(frame)).toBeLessThanOrEqual(maxBytes);
          }
          for (const [i, frame] of joined.slice(1).entries()) {
            const previous = joined[i];
            if (previous === undefined) continue;
            expect(codec.joinFrames([previous, frame], maxBytes)).toHaveLength(2);
          }
          joinedFrames += frames.length - joined.length;
        }),
      );
      const [one, two] = encode([
        { offset: 1, data: '1' },
        { offset: 2, data: '2' },
      ]);
      const canJoin = codec.joinFrames([one ?? '', two ?? ''], 10_000).length === 1;
      expect(joinedFrames > 0).toBe(canJoin);
    });

    test('no frames are joined to none', () => {
      expect(codec.joinFrames([], 100)).toEqual([]);
    });

    test.each(codecCase.commands)('decodes %j to %j', (frame, types) => {
      expect(codec.decode(frame).map(({ type }) => type)).toEqual(types);
    });

    test('keeps nothing of the bytes that it decodes', () => {
      for (const [frame] of codecCase.commands) {
        if (typeof frame === 'string') continue;
        const copy = Uint8Array.from(frame);
        const commands = codec.decode(copy);
        copy.fill(0);
        expect(commands).toEqual(codec.decode(frame));
      }
    });

    test('any text or bytes are commands or a ProtocolError', () => {
      const valid = codecCase.commands.map(([frame]) => frame);
      const damaged = fc
        .tuple(fc.constantFrom(...valid), fc.nat(200), fc.nat(255), fc.boolean())
        .map(([frame, at, byte, isCut]) => damage(frame, at, byte, isCut));
      const any = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array(), fc.json(), damaged);
      const seen = { decoded: 0, refused: 0 };
      fc.assert(
        fc.property(any, (frame) => {
          seen[decoded(frame) === undefined ? 'refused' : 'decoded']++;
        }),
        { numRuns: 3000 },
      );
      expect(seen.decoded).toBeGreaterThan(0);
      expect(seen.refused).toBeGreaterThan(0);
    });

    test('has a frame for a reply, or none; a refused command always has one', () => {
      for (const reply of REPLIES) {
        const frame = codec.encodeReply(reply);
        expect(codec.encodeReply(reply)).toEqual(frame);
        if (reply.type === 'error') expect(frame).toBeDefined();
      }
    });
  });
}

/** A client's frame that is cut off, or has a wrong byte. */
function damage(frame: Frame, at: number, byte: number, isCut: boolean): Frame {
  const bytes = Uint8Array.from(toBytes(frame));
  const index = at % bytes.length;
  if (isCut) return typeof frame === 'string' ? frame.slice(0, index) : bytes.slice(0, index);
  bytes[index] = byte;
  return typeof frame === 'string' ? Buffer.from(bytes).toString('utf8') : bytes;
}
