import { describe, expect, test } from 'vitest';
import { addressKey, addressList, addressText, clientAddress } from './client-address.js';

const trusted = addressList(['127.0.0.1', '::1', '10.0.0.0/8', 'fd00::/8']);

test.each([
  ['a trusted proxy says', '127.0.0.1', '203.0.113.7', '203.0.113.7'],
  ['one in a trusted network says', '10.1.2.3', '203.0.113.7', '203.0.113.7'],
  ['an IPv6 proxy says', '::1', '2001:DB8:0:0::1', '2001:db8::1'],
  ['a proxy in an IPv6 network says', 'fd00::5', '::ffff:203.0.113.7', '203.0.113.7'],
  ['anybody else says', '192.0.2.1', '203.0.113.7', '192.0.2.1'],
  ['nobody says', '127.0.0.1', '', '127.0.0.1'],
  ['a proxy says what is no address', '127.0.0.1', 'localhost', '127.0.0.1'],
  ['a proxy says several', '127.0.0.1', '1.2.3.4, 5.6.7.8', '127.0.0.1'],
])('what %s', (_, socket, realIp, address) => {
  expect(clientAddress(socket, realIp, trusted)).toBe(address);
});

test.each([
  [[127, 0, 0, 1], '127.0.0.1'],
  [[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], '2001:db8::1'],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 200], '192.0.2.200'],
  [[], ''],
])('the bytes %j are %s', (bytes, text) => {
  expect(addressText(new Uint8Array(bytes).buffer)).toBe(text);
});

// Forms that the setting accepts.
test.each([
  ['::ffff:10.0.0.1', '10.0.0.1', '10.0.0.2'],
  ['::ffff:a00:1', '10.0.0.1', '10.0.0.2'],
  ['::ffff:10.0.0.0/104', '10.9.9.9', '11.0.0.1'],
  ['10.1.2.3/8', '10.9.9.9', '11.0.0.1'],
  ['fd00::1/8', 'fd00::5', 'fe00::5'],
  ['2001:DB8:0:0::1', '2001:db8::1', '2001:db8::2'],
])('the proxy %s is the socket %s, and not %s', (listed, socket, other) => {
  const proxies = addressList([listed]);
  expect(clientAddress(socket, '203.0.113.7', proxies)).toBe('203.0.113.7');
  expect(clientAddress(other, '203.0.113.7', proxies)).toBe(other);
});

test('text that is not an address or a network is refused', () => {
  for (const name of ['nginx', '1.2.3', '10.0.0.0/33', '10.0.0.0/x', '']) {
    expect(() => addressList([name])).toThrow(/address|range|prefix/i);
  }
});

describe('addressKey', () => {
  test.each([
    ['10.0.0.7', '10.0.0.7'],
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['0000:0000:0000:0000:0000:ffff:0a00:0007', '10.0.0.7'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:ffff:1:2:3', '2001:db8:0:0::/64'],
    ['2001:0DB8:0000:0001:0000:0000:0000:0001', '2001:db8:0:1::/64'],
    ['2001:db8:1:2:3:4:5::', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
    ['unix', 'unix'],
  ])('%j goes by %j', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});
