import type { Control, Presence } from '@newswire/broker';
import { isRecord, type ClientInfo } from '@newswire/protocol';
import { getPusherKind, type PusherApp } from '@newswire/runtime';
import { PusherRequestError } from './request-error.js';

export interface ChannelParts {
  readonly control: Pick<Control, 'request'>;
  readonly presence: Pick<Presence, 'members'>;
}

type Attribute = 'user_count' | 'subscription_count';

/** The attributes of one channel. */
export type ChannelAttributes = Partial<Record<Attribute, number>>;

/** Reads an app's channels, by their names in the app. */
export class PusherChannels {
  readonly #parts: ChannelParts;

  constructor(parts: ChannelParts) {
    this.#parts = parts;
  }

  /** The occupied channels with their attributes. */
  async list(app: PusherApp, prefix: string, info: string): Promise<object> {
    const wanted = parseInfo(info);
    if (wanted.includes('user_count') && getPusherKind(prefix) !== 'presence') {
      throw new PusherRequestError(
        400,
        'user_count needs a filter_by_prefix of presence- channels',
      );
    }
    const counts = await this.#countSubscriptions();
    const channels: Record<string, ChannelAttributes> = {};
    for (const [channel, count] of counts) {
      const name = toListedName(app, channel);
      if (name === undefined || !name.startsWith(prefix)) continue;
      channels[name] = await this.#describe(app, name, wanted, count);
    }
    return { channels };
  }

  async describe(app: PusherApp, name: string, info: string): Promise<object> {
    const channel = app.toChannel(name);
    const wanted = parseInfo(info);
    const count = (await this.#countSubscriptions()).get(channel) ?? 0;
    return { occupied: count > 0, ...(await this.#describe(app, name, wanted, count)) };
  }

  /** The attributes of some channels, such as those of an event. */
  async describeAll(
    app: PusherApp,
    names: readonly string[],
    info: string,
  ): Promise<ChannelAttributes[]> {
    const wanted = parseInfo(info);
    const counts = await this.#countSubscriptions();
    return Promise.all(
      names.map((name) => {
        const attributes = wanted.filter(
          (each) => each !== 'user_count' || getPusherKind(name) === 'presence',
        );
        return this.#describe(app, name, attributes, counts.get(app.toChannel(name)) ?? 0);
      }),
    );
  }

  /** The users of a presence channel. */
  async users(app: PusherApp, name: string): Promise<object> {
    const ids = await this.#userIds(app, name);
    return { users: [...ids].map((id) => ({ id })) };
  }

  async #describe(
    app: PusherApp,
    name: string,
    wanted: readonly Attribute[],
    count: number,
  ): Promise<ChannelAttributes> {
    const attributes: ChannelAttributes = {};
    if (wanted.includes('user_count')) {
      attributes.user_count = (await this.#userIds(app, name)).size;
    }
    if (wanted.includes('subscription_count')) attributes.subscription_count = count;
    return attributes;
  }

  async #userIds(app: PusherApp, name: string): Promise<Set<string>> {
    if (getPusherKind(name) !== 'presence') {
      throw new PusherRequestError(400, 'only presence channels have users');
    }
    const members = await this.#parts.presence.members(app.toChannel(name));
    return new Set([...members.values()].map(toUserId));
  }

  async #countSubscriptions(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const { channels = {} } of await this.#parts.control.request({ method: 'channels' })) {
      for (const [channel, count] of Object.entries(channels)) {
        counts.set(channel, (counts.get(channel) ?? 0) + count);
      }
    }
    return counts;
  }
}

/** The name of an app's channel; undefined for a channel that Pusher's clients cannot name. */
function toListedName(app: PusherApp, channel: string): string | undefined {
  if (!app.owns(channel)) return undefined;
  const name = app.toName(channel);
  return /^[A-Za-z0-9_\-=@,.;]{1,164}$/.test(name) ? name : undefined;
}

function parseInfo(info: string): Attribute[] {
  return info.split(',').flatMap((name) => {
    if (name === '') return [];
    if (name === 'user_count' || name === 'subscription_count') return [name];
    // `cache` is an attribute of Pusher's that newswire does not have.
    throw new PusherRequestError(400, 'info may have user_count and subscription_count');
  });
}

/** As clients of Pusher's protocol know the member. */
function toUserId({ client, user, chanInfo }: ClientInfo): string {
  const data = chanInfo === undefined ? undefined : (JSON.parse(chanInfo) as unknown);
  const id = isRecord(data) ? data['user_id'] : undefined;
  if ((typeof id === 'string' && id !== '') || typeof id === 'number') return String(id);
  return user === '' ? client : user;
}
