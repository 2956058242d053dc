import type { Control } from '@newswire/broker';
import { CLOSES, ProtocolError } from '@newswire/protocol';
import type { PusherApp, PusherApps } from '@newswire/runtime';
import { jsonReply, type HttpReply, type HttpRequest, type HttpRoute } from '@newswire/transport';
import { PusherChannels, type ChannelParts } from './channels.js';
import {
  BESIDE_EVENTS_BYTES,
  readBatch,
  readEvent,
  toRequestError,
  type EventForChannels,
  type EventParts,
} from './events.js';
import { PusherRequestError } from './request-error.js';
import { checkSignature, decode, parseQuery } from './request-signature.js';

export interface PusherApiParts extends EventParts, ChannelParts {
  readonly apps: PusherApps;
  readonly control: Control;
  /** ms since 1970. */
  readonly now: () => number;
  readonly onResult: () => void;
  /** `method`: such as `pusher/events`; `status`: of the answer. */
  readonly onError: (method: string, status: number) => void;
}

/** A request whose signature is right. */
interface AppRequest {
  readonly app: PusherApp;
  readonly query: ReadonlyMap<string, string>;
  readonly body: string;
  /** The variable part of the path after the app's id: a channel, or a user. */
  readonly name: string;
}

type Handle = (request: AppRequest) => Promise<object>;

/** Of the parts of a path such as /apps/1/channels/NAME, the one with the name. */
const NAME_PLACE = 4;

/**
 * Pusher's server API, under `/apps/`: 200 with a JSON object, or an HTTP status with a sentence. 400: a
 * wrong request; 401: a wrong signature; 403: the app is disabled; 404: no such app; 413: an event is too
 * large; 503: try again.
 */
export function pusherRoutes(parts: PusherApiParts): HttpRoute[] {
  const channels = new PusherChannels(parts);
  const maxBodyBytes = parts.maxDataBytes * 6 + BESIDE_EVENTS_BYTES;

  const route = (method: 'GET' | 'POST', path: string, handle: Handle): HttpRoute => ({
    method,
    path: `/apps/:app/${path}`,
    needsUrl: true,
    ...(method === 'POST'
      ? { maxBodyBytes: path === 'batch_events' ? 10 * maxBodyBytes : maxBodyBytes }
      : {}),
    handle: (request) =>
      answer(parts, method, path.replaceAll(/:\w+\/?/g, '').replace(/\/$/, ''), request, handle),
  });

  const publish = async (app: PusherApp, event: EventForChannels): Promise<object> => {
    await event.publish();
    if (event.info === '') return {};
    const described = await channels.describeAll(app, event.channels, event.info);
    const entries = event.channels.map((name, i) => [name, described[i] ?? {}] as const);
    return { channels: Object.fromEntries(entries) };
  };

  const publishBatch = async (app: PusherApp, body: string): Promise<object> => {
    const events = readBatch(app, body, parts);
    await Promise.all(events.map((event) => event.publish()));
    if (events.every(({ info }) => info === '')) return {};
    const batch = await Promise.all(
      events.map(async ({ channels: names, info }) =>
        info === '' ? {} : ((await channels.describeAll(app, names, info))[0] ?? {}),
      ),
    );
    return { batch };
  };

  const terminate = async (app: PusherApp, userId: string): Promise<object> => {
    const { code, reason } = CLOSES.forceDisconnect;
    await parts.control.request({ method: 'disconnect', user: app.toUser(userId), code, reason });
    return {};
  };

  return [
    route('POST', 'events', async ({ app, body }) => publish(app, readEvent(app, body, parts))),
    route('POST', 'batch_events', ({ app, body }) => publishBatch(app, body)),
    route('GET', 'channels', ({ app, query }) =>
      channels.list(app, query.get('filter_by_prefix') ?? '', query.get('info') ?? ''),
    ),
    route('GET', 'channels/:name', ({ app, name, query }) =>
      channels.describe(app, name, query.get('info') ?? ''),
    ),
    route('GET', 'channels/:name/users', ({ app, name }) => channels.users(app, name)),
    route('POST', 'users/:name/terminate_connections', ({ app, name }) => terminate(app, name)),
  ];
}

async function answer(
  parts: PusherApiParts,
  method: 'GET' | 'POST',
  label: string,
  request: HttpRequest,
  handle: Handle,
): Promise<HttpReply> {
  try {
    const result = await handle(authorize(parts, method, request));
    parts.onResult();
    return jsonReply(200, result);
  } catch (error) {
    const refusal = error instanceof ProtocolError ? toRequestError(error) : error;
    if (!(refusal instanceof PusherRequestError)) throw error;
    parts.onError(`pusher/${label}`, refusal.status);
    return refusal.toReply();
  }
}

/** The request with its app. Throws unless the app has signed it. */
function authorize(
  { apps, now }: PusherApiParts,
  method: 'GET' | 'POST',
  { path = '', query: text, body }: HttpRequest,
): AppRequest {
  if (apps.all.length === 0) {
    throw new PusherRequestError(404, 'newswire has no apps: set NEWSWIRE_PUSHER_APPS');
  }
  const places = path.split('/');
  const app = apps.findById(decode(places[2] ?? ''));
  if (app === undefined) throw new PusherRequestError(404, 'there is no such app');
  const query = parseQuery(text);
  checkSignature(app, { method, path, query, body }, now());
  if (!app.options.isEnabled) throw new PusherRequestError(403, 'this app is disabled');
  return { app, query, body, name: decode(places[NAME_PLACE] ?? '') };
}
