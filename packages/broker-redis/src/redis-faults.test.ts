import { ErrorReply } from 'redis';
import { describe, expect, test } from 'vitest';
import { FaultText } from './redis-faults.js';

const text = new FaultText('redis://ann:s%40cret@host/0');

describe('texts in the log and in /readyz', () => {
  test.each([
    [
      Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:6379'), { code: 'ECONNREFUSED' }),
      'Redis is away (ECONNREFUSED)',
    ],
    [new TypeError('of the client library'), 'Redis is away (TypeError)'],
    [new ErrorReply('WRONGPASS invalid'), 'Redis answered: WRONGPASS invalid'],
  ])('%s: %s', (error, expected) => {
    expect(text.ofConnection(error)).toBe(expected);
  });

  test('a password that the server repeats is taken out, in either spelling', () => {
    const reply = "ERR unknown command 'AUTH', with args beginning with: 'ann' 's@cret' s%40cret";
    expect(text.ofReply(reply)).toBe(
      "Redis answered: ERR unknown command 'AUTH', with args beginning with: 'ann' '***' ***",
    );
  });

  test('a text of several lines becomes one, of bounded length', () => {
    expect(text.ofReply('DENIED one\r\ntwo')).toBe('Redis answered: DENIED one two');
    expect(text.ofReply('x'.repeat(1000)).length).toBe(216);
  });

  test('without a password nothing is taken out', () => {
    expect(new FaultText('redis://host').ofReply('ERR a')).toBe('Redis answered: ERR a');
  });
});
