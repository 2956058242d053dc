import { randomInt } from 'node:crypto';
import {
  closesAtGap,
  connectsByFirstCommand,
  repliesToEach,
  type Codec,
  type Protocol,
  type Reply,
} from '@newswire/protocol';
import { isCacheChannel, PusherApp } from '@newswire/runtime';
import type { Handshake } from '@newswire/transport';
import type { Negotiation, ProtocolModule, ProtocolServices } from '../protocol-module.js';
import { PusherAccess } from './access.js';
import { PUSHER_CLOSES, pusherCloses } from './closes.js';
import { decodeEvent } from './decode.js';
import { encodePublication, encodeReply, findSender } from './encode.js';
import { pusherMembers } from './members-view.js';

/** The versions of the protocol whose clients understand the events of version 7. */
const VERSIONS = ['5', '6', '7'];

/** The two numbers of a socket id are below this. */
const SOCKET_ID_LIMIT = 2 ** 47;

/** The codec of one app: its channels have their names without the app's prefix. */
export function pusherCodec(app: PusherApp): Codec<string> {
  return {
    name: `pusher-${app.options.id}`,
    decode: (frame) => [decodeEvent(frame, app)],
    encodePublication: (channel, publication) => encodePublication(app, channel, publication),
    encodeReply: (reply) => encodeReply(app, reply),
    joinFrames: (frames) => frames,
    findSender,
  };
}

/** Clients have no positions: a gap closes the connection, and they subscribe again. */
function pusherProtocol(app: PusherApp): Protocol {
  return {
    name: 'pusher',
    codec: pusherCodec(app),
    connecting: connectsByFirstCommand,
    gaps: closesAtGap,
    refusals: {
      ...repliesToEach,
      // Pusher's clients do not repeat a subscription, but they connect again.
      closeSubscribe: ({ temporary }) => (temporary ? 'serverError' : undefined),
    },
    closes: pusherCloses,
    members: pusherMembers(app),
    followStart: ({ channel }, hasPublications): readonly Reply[] =>
      hasPublications || !isCacheChannel(app.toName(channel))
        ? []
        : [{ type: 'cacheMissed', channel }],
  };
}

/** The protocol of connections that name no app: they are closed. */
const NO_APP = new PusherApp(
  {
    id: '',
    key: '',
    isEnabled: false,
    channelPrefix: '',
    clientEvents: false,
    subscriptionCount: false,
    activityTimeoutS: 120,
  },
  '',
);
const closedProtocol = pusherProtocol(NO_APP);

/** One protocol for each app, made with its first connection. */
const protocols = new WeakMap<PusherApp, Protocol>();

function protocolOf(app: PusherApp): Protocol {
  const known = protocols.get(app) ?? pusherProtocol(app);
  protocols.set(app, known);
  return known;
}

/** Pusher's protocol 7, on `/app/KEY`. */
export const pusher: ProtocolModule = {
  protocol: closedProtocol,
  webSockets: [{ path: '/app/:key', negotiate }],
};

/** The query names the version; the client and its version may be anything. */
export function negotiate({ path, query }: Handshake, services: ProtocolServices): Negotiation {
  const version = new URLSearchParams(query).get('protocol');
  const app = services.apps.findByKey(path.slice('/app/'.length));
  if (app === undefined) return { subprotocol: '', close: PUSHER_CLOSES.unknownApp };
  const protocol = protocolOf(app);
  const refuse = (close: Negotiation['close']) => ({
    subprotocol: '',
    protocol,
    ...(close && { close }),
  });
  if (!app.options.isEnabled) return refuse(PUSHER_CLOSES.disabledApp);
  if (version === null || version === '') return refuse(PUSHER_CLOSES.noProtocol);
  if (!VERSIONS.includes(version)) return refuse(PUSHER_CLOSES.unsupportedProtocol);
  const client = newSocketId();
  return {
    subprotocol: '',
    protocol,
    opening: { client, access: new PusherAccess(app, client, services) },
  };
}

/** Unique among the connections of all edges, by chance alone. */
function newSocketId(): string {
  return `${randomInt(SOCKET_ID_LIMIT)}.${randomInt(SOCKET_ID_LIMIT)}`;
}
