import type { BlockList } from 'node:net';
import type * as Uws from 'uWebSockets.js';
import type { OriginAccess, OriginPolicy } from './allowed-origin.js';
import { addressText, clientAddress } from './client-address.js';
import type { Origin } from './connection.js';
import { corsHeaders, preflightHeaders } from './cors.js';
import { errorReply, type HttpReply } from './http.js';

export interface OriginCheckerOptions {
  readonly originPolicy: OriginPolicy;
  /** The proxies whose X-Real-IP is trusted. */
  readonly trustedProxies: BlockList;
  /** Names of request headers that connections keep, in lower case. */
  readonly keptHeaders: readonly string[];
}

const NO_HEADERS: Origin['headers'] = Object.freeze({});

/** The origin policy's result for one request. */
export interface PageCheck {
  /** The reply to a page that may not connect; undefined if it may. */
  readonly refusal: HttpReply | undefined;
  /** The CORS headers of every response to the page. Those for a refused page allow nothing. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Determines the client's address and applies the origin policy to web pages. */
export class OriginChecker {
  readonly #options: OriginCheckerOptions;

  constructor(options: OriginCheckerOptions) {
    this.#options = options;
  }

  /** Returns the reply to a page that may not connect; undefined if it may. */
  refuse(request: Uws.HttpRequest): HttpReply | undefined {
    return this.#checkAccess(request) === 'refused' ? refuseOrigin() : undefined;
  }

  /** Applies the origin policy once, for a request whose response a page may read. */
  checkPage(request: Uws.HttpRequest): PageCheck {
    const access = this.#checkAccess(request);
    return {
      refusal: access === 'refused' ? refuseOrigin() : undefined,
      headers: corsHeaders(request.getHeader('origin'), access),
    };
  }

  /** The response to a CORS preflight. */
  answerPreflight(method: string, request: Uws.HttpRequest): HttpReply {
    const { refusal, headers } = this.checkPage(request);
    if (refusal !== undefined) return refusal;
    const requested = request.getHeader('access-control-request-headers');
    return {
      status: 204,
      headers: { ...headers, ...preflightHeaders(method, requested) },
      body: '',
    };
  }

  /** The client's address. */
  getAddress(response: Uws.HttpResponse, request: Uws.HttpRequest): string {
    const socket = addressText(response.getRemoteAddress());
    return clientAddress(socket, request.getHeader('x-real-ip'), this.#options.trustedProxies);
  }

  originOf(
    transport: Origin['transport'],
    response: Uws.HttpResponse,
    request: Uws.HttpRequest,
  ): Origin {
    const { keptHeaders } = this.#options;
    const address = this.getAddress(response, request);
    if (keptHeaders.length === 0) return { address, transport, headers: NO_HEADERS };
    const kept = keptHeaders.map((name) => [name, request.getHeader(name)] as const);
    const headers = Object.fromEntries(kept.filter(([, value]) => value !== ''));
    return { address, transport, headers };
  }

  #checkAccess(request: Uws.HttpRequest): OriginAccess {
    const origin = request.getHeader('origin');
    return this.#options.originPolicy(origin, origin === '' ? '' : request.getHeader('host'));
  }
}

function refuseOrigin(): HttpReply {
  return errorReply(403, 'permissionDenied', 'pages of this origin are not allowed', {
    Vary: 'Origin',
  });
}
