import { expect, test } from 'vitest';
import { allowedOrigins } from './allowed-origin.js';

test.each([
  ['', 'example.com', true],
  ['https://example.com', 'example.com', true],
  ['https://example.com', 'EXAMPLE.com:443', true],
  ['http://127.0.0.1:9900', '127.0.0.1:9900', true],
  ['http://127.0.0.1:8000', '127.0.0.1:9900', false],
  ['https://evil.example', 'example.com', false],
  ['https://example.com.evil.example', 'example.com', false],
  ['null', 'example.com', false],
  ['nonsense', 'nonsense', false],
  ['https://partner.example', 'example.com', true],
  ['https://PARTNER.example', 'example.com', true],
  ['http://partner.example', 'example.com', false],
])('a page of %j may talk to %j: %j', (origin, host, isAllowed) => {
  expect(allowedOrigins(['https://partner.example'])(origin, host)).toBe(isAllowed);
});

test('an asterisk allows all pages', () => {
  expect(allowedOrigins(['*'])('null', 'example.com')).toBe(true);
});
