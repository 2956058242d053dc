import { expect, test } from 'vitest';
import { negotiateJson, negotiateProtobuf } from './negotiation.js';

test.each([
  [[], '', '', undefined],
  [['centrifuge-json'], '', 'centrifuge-json', 'json'],
  [['centrifuge-protobuf'], '', 'centrifuge-protobuf', 'protobuf'],
  [['centrifuge-protobuf', 'centrifuge-json'], '', 'centrifuge-json', 'json'],
  [['mqtt', 'centrifuge-json', 'mqtt'], '', 'centrifuge-json', 'json'],
  [['mqtt'], '', '', undefined],
  [['Centrifuge-JSON'], '', '', undefined],
  [[''], '', '', undefined],
  [[], 'format=protobuf', '', 'protobuf'],
  [[], 'a=b&cf_protocol=protobuf', '', 'protobuf'],
  [[], 'format=json&cf_protocol=protobuf', '', 'protobuf'],
  [[], 'format=json', '', undefined],
  [[], 'format', '', undefined],
  [['mqtt'], 'format=protobuf', '', 'protobuf'],
  [['centrifuge-json'], 'format=protobuf', 'centrifuge-json', 'json'],
])('%j with ?%s: names %j, speaks %j', (subprotocols, query, subprotocol, encoding) => {
  const handshake = { subprotocols, path: '/ws', query };
  const named = (of: typeof encoding) => (encoding === of ? { subprotocol } : undefined);
  expect(negotiateJson(handshake)).toEqual(named('json'));
  expect(negotiateProtobuf(handshake)).toEqual(named('protobuf'));
});
