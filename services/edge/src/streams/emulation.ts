import type { Control, ControlHandler } from '@newswire/broker';
import { ProtocolError } from '@newswire/protocol';
import { errorReply, type HttpReply, type HttpRoute } from '@newswire/transport';
import { z } from 'zod';

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
}

/**
 * `POST /emulation {session,node,data}`: commands of a client that only listens on its connection.
 * Nginx may bring them to any edge: one whose session it is not hands them on to the `node`, in the
 * order in which they came. 204 when the session has them; 404 where there is no such session or
 * edge: its client has to connect anew.
 */
export function emulationRoute(options: EmulationOptions): HttpRoute {
  return {
    method: 'POST',
    path: '/emulation',
    isForPages: true,
    // As JSON text in JSON, quotes take two bytes.
    maxBodyBytes: 2 * options.maxFrameBytes,
    handle: ({ body }) => {
      const request = parse(body);
      if (request === undefined) {
        return errorReply(400, 'badRequest', 'the body is {"session":"…","node":"…","data":"…"}');
      }
      return handle(request, options);
    },
  };
}

async function handle(
  { session, node, data }: z.infer<typeof Emulation>,
  { uid, own, control, maxFrameBytes }: EmulationOptions,
): Promise<HttpReply> {
  if (Buffer.byteLength(data) > maxFrameBytes) {
    return errorReply(413, 'limitExceeded', `commands have at most ${maxFrameBytes} bytes`);
  }
  const request = { method: 'emulate', session, data } as const;
  try {
    // Nothing is awaited before this: what came first goes first.
    const { count = 0 } = await (node === uid ? own(request) : control.requestOf(node, request));
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
