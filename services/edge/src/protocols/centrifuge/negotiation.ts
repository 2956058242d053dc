import type { Handshake } from '@newswire/transport';
import type { Negotiation } from '../protocol-module.js';

/** The subprotocols of Centrifuge's protocol, one for each encoding. */
const JSON_SUBPROTOCOL = 'centrifuge-json';
const PROTOBUF_SUBPROTOCOL = 'centrifuge-protobuf';

const JSON_NAMED: Negotiation = { subprotocol: JSON_SUBPROTOCOL };
const PROTOBUF_NAMED: Negotiation = { subprotocol: PROTOBUF_SUBPROTOCOL };
const PROTOBUF_IN_QUERY: Negotiation = { subprotocol: '' };

/**
 * Whether the handshake names the JSON encoding. It wins if both are offered. Other subprotocols are
 * not named in the response, as RFC 6455 requires.
 */
export function negotiateJson({ subprotocols }: Handshake): Negotiation | undefined {
  return subprotocols.includes(JSON_SUBPROTOCOL) ? JSON_NAMED : undefined;
}

/** Whether the handshake names the Protobuf encoding, by its subprotocol or in its query. */
export function negotiateProtobuf(handshake: Handshake): Negotiation | undefined {
  const { subprotocols, query } = handshake;
  if (negotiateJson(handshake) !== undefined) return undefined;
  if (subprotocols.includes(PROTOBUF_SUBPROTOCOL)) return PROTOBUF_NAMED;
  return query !== '' && asksForProtobuf(query) ? PROTOBUF_IN_QUERY : undefined;
}

function asksForProtobuf(query: string): boolean {
  const asked = new URLSearchParams(query);
  return [...asked.getAll('format'), ...asked.getAll('cf_protocol')].includes('protobuf');
}
