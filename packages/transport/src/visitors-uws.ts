import type { BlockList } from 'node:net';
import type * as Uws from 'uWebSockets.js';
import type { AllowedOrigin } from './allowed-origin.js';
import { addressText, clientAddress } from './client-address.js';
import type { Origin } from './connection.js';
import { errorReply, type HttpReply } from './http.js';

/** How long a browser may remember that a page of another origin is allowed, in seconds. */
const PREFLIGHT_AGE_S = '600';

export interface VisitorOptions {
  readonly isAllowedOrigin: AllowedOrigin;
  /** Whose X-Real-IP is believed. */
  readonly trustedProxies: BlockList;
  /** Names of request headers that connections keep, in lower case. */
  readonly keptHeaders: readonly string[];
}

const NO_HEADERS: Origin['headers'] = Object.freeze({});

/** Who comes, and whether their browser's page may. */
export class Visitors {
  readonly #options: VisitorOptions;

  constructor(options: VisitorOptions) {
    this.#options = options;
  }

  /** The answer to a page that may not connect. */
  refuse(request: Uws.HttpRequest): HttpReply | undefined {
    const origin = request.getHeader('origin');
    const host = origin === '' ? '' : request.getHeader('host');
    if (this.#options.isAllowedOrigin(origin, host)) return undefined;
    return errorReply(403, 'permissionDenied', 'pages of this origin are not allowed');
  }

  /** The client's address. */
  addressOf(response: Uws.HttpResponse, request: Uws.HttpRequest): string {
    const socket = addressText(response.getRemoteAddress());
    return clientAddress(socket, request.getHeader('x-real-ip'), this.#options.trustedProxies);
  }

  originOf(
    transport: Origin['transport'],
    response: Uws.HttpResponse,
    request: Uws.HttpRequest,
  ): Origin {
    const { keptHeaders } = this.#options;
    const address = this.addressOf(response, request);
    if (keptHeaders.length === 0) return { address, transport, headers: NO_HEADERS };
    const kept = keptHeaders.map((name) => [name, request.getHeader(name)] as const);
    const headers = Object.fromEntries(kept.filter(([, value]) => value !== ''));
    return { address, transport, headers };
  }
}

/** What lets a page of another origin, which was found allowed, read the answer. */
export function corsHeaders(request: Uws.HttpRequest): Readonly<Record<string, string>> {
  const origin = request.getHeader('origin');
  if (origin === '') return {};
  return { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' };
}

/** The answer to a browser that asks whether a page may send such a request. */
export function preflightReply(method: string, request: Uws.HttpRequest): HttpReply {
  const headers = {
    ...corsHeaders(request),
    'Access-Control-Allow-Methods': method,
    'Access-Control-Allow-Headers': 'Content-Type, Authorization, Last-Event-ID',
    'Access-Control-Max-Age': PREFLIGHT_AGE_S,
  };
  return { status: 204, headers, body: '' };
}
