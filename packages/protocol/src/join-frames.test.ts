import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countFrameBytes, isOver, joinText } from './join-frames.js';

test.each([
  [[''], 10, ['']],
  [['abc', 'de'], 6, ['abc\nde']],
  [['abc', 'de'], 5, ['abc', 'de']],
  [['a', 'b', 'c'], 3, ['a\nb', 'c']],
  [['ü', 'ü'], 5, ['ü\nü']],
  [['ü', 'ü'], 4, ['ü', 'ü']],
  [['a', 'longer', 'b', 'c'], 3, ['a', 'longer', 'b\nc']],
])('%j in messages of up to %i bytes: %j', (texts, maxBytes, messages) => {
  expect(joinText(texts, '\n', maxBytes)).toEqual(messages);
});

test('joining loses and moves nothing, and only a single frame exceeds the maximum', () => {
  const texts = fc.array(fc.stringMatching(/^[aü€]{0,9}$/), { minLength: 1 });
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 30 }), (frames, maxBytes) => {
      const messages = joinText(frames, '\n', maxBytes);
      expect(messages.join('\n')).toBe(frames.join('\n'));
      for (const message of messages) {
        const isJoined = message.includes('\n');
        if (isJoined) expect(countFrameBytes(message)).toBeLessThanOrEqual(maxBytes);
      }
      for (const [i, message] of messages.slice(1).entries()) {
        const [first = ''] = message.split('\n');
        const both = `${messages[i]}\n${first}`;
        expect(Buffer.byteLength(both)).toBeGreaterThan(maxBytes);
      }
    }),
  );
});

test('a text is over the limit when its UTF-8 bytes are', () => {
  expect(isOver('üü', 4)).toBe(false);
  expect(isOver('üü', 3)).toBe(true);
});
