import { describe, expect, test } from 'vitest';
import { describeFailure, describeForeignAnswer } from './connection-failure.js';

const URL = 'http://news.example.com:9900';

describe('describeFailure', () => {
  test.each([
    ['ECONNREFUSED', true, /^no process listens at news\.example\.com:9900: start newswire/],
    ['ENOTFOUND', false, /^the name news\.example\.com cannot be resolved: check NEWSWIRE_URL/],
    ['EAI_AGAIN', true, /^the name news\.example\.com cannot be resolved now/],
    ['ETIMEDOUT', true, /did not answer in time$/],
    ['UND_ERR_CONNECT_TIMEOUT', true, /did not answer in time$/],
    ['EHOSTUNREACH', true, /cannot be reached from this machine/],
    ['ECONNRESET', true, /closed the connection without an answer: try https:\/\//],
    ['UND_ERR_SOCKET', true, /closed the connection without an answer/],
    ['HPE_INVALID_CONSTANT', false, /does not speak HTTP: try https:\/\//],
    ['ERR_SSL_WRONG_VERSION_NUMBER', false, /does not speak TLS/],
    ['EPROTO', false, /does not speak TLS/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', false, /certificate of .* is not trusted/],
    ['CERT_HAS_EXPIRED', false, /certificate of .* is not trusted \(CERT_HAS_EXPIRED\)/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', false, /certificate of .* is not trusted/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', false, /certificate of .* is not trusted/],
    ['EWHATEVER', true, /^news\.example\.com:9900 cannot be reached \(EWHATEVER\)$/],
  ])('%s, temporary: %s', (code, temporary, message) => {
    const error = Object.assign(new Error('x'), { code });
    for (const each of [error, new TypeError('fetch failed', { cause: error })]) {
      const failure = describeFailure(URL, each);
      expect(failure.message).toMatch(message);
      expect(failure.temporary).toBe(temporary);
    }
  });

  test('the time limit of a request', () => {
    const error = new DOMException('aborted due to timeout', 'TimeoutError');
    expect(describeFailure(URL, error).message).toMatch(/did not answer in time$/);
  });

  test('several addresses, of which none answers', () => {
    const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    const error = new TypeError('fetch failed', { cause: new AggregateError([refused]) });
    expect(describeFailure(URL, error).message).toMatch(/^no process listens/);
  });

  test('a port that fetch never connects to', () => {
    const error = new TypeError('fetch failed', { cause: new Error('bad port') });
    expect(describeFailure('http://a:1', error).message).toBe('a:1 cannot be reached (bad port)');
  });

  test('https:// needs no hint at https://', () => {
    const reset = Object.assign(new Error('x'), { code: 'ECONNRESET' });
    expect(describeFailure('https://example.com', reset).message).toBe(
      'example.com closed the connection without an answer',
    );
  });
});

test('an answer without a content type', () => {
  expect(describeForeignAnswer(URL, 418, null)).toEqual({
    message: 'the server at news.example.com:9900 is not newswire (HTTP 418)',
    temporary: false,
  });
});
