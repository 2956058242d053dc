import type { Control, ControlHandler } from '@newswire/broker';
import { ProtocolError } from '@newswire/protocol';
import { errorReply, type HttpReply, type HttpRoute } from '@newswire/transport';
import { z } from 'zod';
import { addressKey } from '../access/address-key.js';
import type { RateLimits } from '../access/rate-limits.js';

const Emulation = z.object({
  session: z.string().min(1).max(64),
  node: z.string().max(128),
  data: z.string(),
});

export interface EmulationOptions {
  /** Of this edge. */
  readonly uid: string;
  /** Its own answers to control requests. */
  readonly own: ControlHandler;
  /** The way to the others. */
  readonly control: Pick<Control, 'requestOf'>;
  readonly maxFrameBytes: number;
  /** By address: how many requests for other edges' sessions may be under way, or have missed. */
  readonly misses: Pick<RateLimits, 'take' | 'giveBack'>;
}

/**
 * `POST /emulation {session,node,data}`: commands of a client that only listens on its connection.
 * Nginx may bring them to any edge: one whose session it is not hands them on to the `node`, in the
 * order in which they came. 204 when the session has them; 404 where there is no such session or
 * edge: its client has to connect anew. 429 for an address that asks for too many that are not there,
 * as each of these costs a message to another edge.
 */
export function emulationRoute(options: EmulationOptions): HttpRoute {
  return {
    method: 'POST',
    path: '/emulation',
    isForPages: true,
    needsAddress: true,
    // As JSON text in JSON, quotes take two bytes.
    maxBodyBytes: 2 * options.maxFrameBytes,
    handle: ({ body, address = '' }) => {
      const request = parse(body);
      if (request === undefined) {
        return errorReply(400, 'badRequest', 'the body is {"session":"…","node":"…","data":"…"}');
      }
      if (request.node === options.uid) return handle(request, options, options.own);
      return limited(addressKey(address), options, () => {
        return handle(request, options, (asked) => options.control.requestOf(request.node, asked));
      });
    },
  };
}

/** Nothing is awaited before `work`: what came first goes first. */
async function limited(
  address: string,
  { misses }: EmulationOptions,
  work: () => Promise<HttpReply>,
): Promise<HttpReply> {
  if (!misses.take(address)) {
    return errorReply(429, 'tooManyRequests', 'too many requests for sessions that are not there');
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
  if (Buffer.byteLength(data) > maxFrameBytes) {
    return errorReply(413, 'limitExceeded', `commands have at most ${maxFrameBytes} bytes`);
  }
  const request = { method: 'emulate', session, data } as const;
  try {
    // Nothing is awaited before this: what came first goes first.
    const { count = 0 } = await ask(request);
    return count > 0 ? { status: 204, body: '' } : gone();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    if (error.kind === 'unknownChannel') return gone();
    const status = error.kind === 'limitExceeded' ? 413 : 503;
    return errorReply(status, error.kind, "the session's edge was not reached");
  }
}

function parse(body: string): z.infer<typeof Emulation> | undefined {
  try {
    return Emulation.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

function gone(): HttpReply {
  return errorReply(404, 'unknownChannel', 'there is no such session, connect anew');
}
