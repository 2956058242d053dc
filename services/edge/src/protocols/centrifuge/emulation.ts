import type { Control, ControlHandler } from '@newswire/broker';
import { countFrameBytes, ProtocolError } from '@newswire/protocol';
import { addressKey, errorReply, type HttpReply, type HttpRoute } from '@newswire/transport';
import { z } from 'zod';
import type { RateLimits } from '../../session/rate-limits.js';
import { decodeEmulation } from '../centrifuge-protobuf/decode.js';

const Emulation = z.object({
  session: z.string().min(1).max(64),
  node: z.string().max(128),
  data: z.union([z.string(), z.instanceof(Uint8Array)]),
});

export interface EmulationOptions {
  /** This edge's id. */
  readonly uid: string;
  /** Handles control requests on this edge. */
  readonly own: ControlHandler;
  /** Sends control requests to the other edges. */
  readonly control: Pick<Control, 'requestFrom'>;
  readonly maxFrameBytes: number;
  /**
   * Limits, by address, the requests for sessions on other edges that are pending or found no
   * session.
   */
  readonly misses: Pick<RateLimits, 'take' | 'giveBack'>;
}

/**
 * `POST /emulation {session,node,data}`: commands of a client whose connection only receives. With
 * the type `application/octet-stream`, the body is an EmulationRequest in Protobuf. Nginx
 * may route them to any edge. An edge that does not have the session forwards them to `node`, in
 * the order in which they arrived. 204: the session has received them. 404: there is no such
 * session or edge, and the client must connect again. 429: the address sent too many requests for
 * sessions that do not exist. Each of these costs a message to another edge.
 */
export function emulationRoute(options: EmulationOptions): HttpRoute {
  return {
    method: 'POST',
    path: '/emulation',
    isForPages: true,
    needsAddress: true,
    // In JSON text inside a JSON string, each quote takes two bytes.
    maxBodyBytes: 2 * options.maxFrameBytes,
    acceptsBytes: true,
    handle: ({ body, bytes, address = '' }) => {
      const request = parse(bytes === undefined ? parseJson(body) : decodeEmulation(bytes));
      if (request === undefined) {
        const form =
          'the body must be {"session":"…","node":"…","data":"…"}, or an EmulationRequest';
        return errorReply(400, 'badRequest', form);
      }
      if (request.node === options.uid) return handle(request, options, options.own);
      return limited(addressKey(address), options, () => {
        return handle(request, options, (asked) =>
          options.control.requestFrom(request.node, asked),
        );
      });
    },
  };
}

/** Awaits nothing before `work`, so that requests keep their order. */
async function limited(
  address: string,
  { misses }: EmulationOptions,
  work: () => Promise<HttpReply>,
): Promise<HttpReply> {
  if (!misses.take(address)) {
    return errorReply(429, 'tooManyRequests', 'too many requests for unknown sessions');
  }
  const reply = await work();
  if (reply.status !== 404) misses.giveBack(address);
  return reply;
}

async function handle(
  { session, data }: z.infer<typeof Emulation>,
  { maxFrameBytes }: EmulationOptions,
  ask: ControlHandler,
): Promise<HttpReply> {
  if (countFrameBytes(data) > maxFrameBytes) {
    return errorReply(413, 'limitExceeded', `commands may have at most ${maxFrameBytes} bytes`);
  }
  const commands =
    typeof data === 'string'
      ? { data }
      : ({ data: Buffer.from(data).toString('base64'), isBase64: true } as const);
  const request = { method: 'emulate', session, ...commands } as const;
  try {
    // Nothing is awaited before this, so that requests keep their order.
    const { count = 0 } = await ask(request);
    return count > 0 ? { status: 204, body: '' } : gone();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    if (error.kind === 'unknownChannel') return gone();
    const status = error.kind === 'limitExceeded' ? 413 : 503;
    return errorReply(status, error.kind, "the session's edge cannot be reached");
  }
}

function parse(request: unknown): z.infer<typeof Emulation> | undefined {
  return Emulation.safeParse(request).data;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function gone(): HttpReply {
  return errorReply(404, 'unknownChannel', 'unknown session: connect again');
}
