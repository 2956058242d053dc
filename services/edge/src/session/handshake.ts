import type { Handshake } from '@newswire/transport';

/** The subprotocols of Centrifuge's protocol. */
const JSON_SUBPROTOCOL = 'centrifuge-json';
const PROTOBUF_SUBPROTOCOL = 'centrifuge-protobuf';

/** What a handshake requests. `encoding` is undefined if the handshake names none. */
export interface Negotiation {
  /** The subprotocol that the reply names; '' names none. */
  readonly subprotocol: string;
  readonly encoding: 'json' | 'protobuf' | undefined;
}

const UNNAMED: Negotiation = { subprotocol: '', encoding: undefined };
const JSON_NAMED: Negotiation = { subprotocol: JSON_SUBPROTOCOL, encoding: 'json' };
const PROTOBUF_NAMED: Negotiation = { subprotocol: PROTOBUF_SUBPROTOCOL, encoding: 'protobuf' };
const PROTOBUF_IN_QUERY: Negotiation = { subprotocol: '', encoding: 'protobuf' };

/**
 * Picks the encoding of a Centrifuge connection. JSON wins if both are offered. Protobuf is echoed
 * too, although it is not supported yet: otherwise a client never sees the close code that reports
 * this. Other subprotocols are not echoed, as RFC 6455 requires.
 */
export function negotiate({ subprotocols, query }: Handshake): Negotiation {
  if (subprotocols.includes(JSON_SUBPROTOCOL)) return JSON_NAMED;
  if (subprotocols.includes(PROTOBUF_SUBPROTOCOL)) return PROTOBUF_NAMED;
  return query !== '' && asksForProtobuf(query) ? PROTOBUF_IN_QUERY : UNNAMED;
}

function asksForProtobuf(query: string): boolean {
  const asked = new URLSearchParams(query);
  return [...asked.getAll('format'), ...asked.getAll('cf_protocol')].includes('protobuf');
}
