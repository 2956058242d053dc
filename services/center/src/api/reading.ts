import type { Member, NodeInfo } from '@newswire/broker';
import { ProtocolError, type Publication } from '@newswire/protocol';
import type { ApiMethod, ApiParts } from './api-method.js';
import { checkChannel, checkParams } from './check-params.js';
import { channelFilter } from './channel-filter.js';
import { JsonText } from './json-text.js';
import { toPosition } from './sessions.js';
import {
  CHANNELS,
  HISTORY,
  HISTORY_REMOVE,
  INFO,
  PRESENCE,
  PRESENCE_STATS,
} from './shapes/reading.js';

type ReadingMethod =
  'presence' | 'presence_stats' | 'history' | 'history_remove' | 'channels' | 'info';

/** The methods that read state: channels, presence and history. */
export function createReading(parts: ApiParts): Record<ReadingMethod, ApiMethod> {
  const { broker, control } = parts;

  async function history(params: unknown): Promise<JsonText> {
    const { channel, limit, since, reverse } = checkParams(HISTORY, params);
    checkChannel(channel, parts);
    const { publications, position } = await parts.readHistory(broker, channel, {
      limit: limit ?? 0,
      ...(since ? { since: toPosition(since) } : {}),
      reverse: reverse === true,
    });
    const { offset, epoch } = position;
    const end = `"offset":${offset},"epoch":${JSON.stringify(epoch)}`;
    return new JsonText(`{"publications":[${publications.map(publicationText).join()}],${end}}`);
  }

  async function historyRemove(params: unknown): Promise<object> {
    const { channel } = checkParams(HISTORY_REMOVE, params);
    checkChannel(channel, parts);
    await broker.removeHistory(channel);
    return {};
  }

  async function presence(params: unknown): Promise<JsonText> {
    const { channel } = checkParams(PRESENCE, params);
    checkPresence(channel, parts);
    const members = [...(await parts.presence.members(channel)).values()];
    return new JsonText(`{"presence":{${members.map(memberText).join()}}}`);
  }

  async function presenceStats(params: unknown): Promise<object> {
    const { channel } = checkParams(PRESENCE_STATS, params);
    checkPresence(channel, parts);
    const { clients, users } = await parts.presence.stats(channel);
    return { num_clients: clients, num_users: users };
  }

  async function channels(params: unknown): Promise<object> {
    const { pattern } = checkParams(CHANNELS, params);
    const isMeant = channelFilter(pattern || '*');
    const counts = new Map<string, number>();
    for (const reply of await control.request({ method: 'channels' })) {
      for (const [name, count] of Object.entries(reply.channels ?? {})) {
        if (isMeant(name)) counts.set(name, (counts.get(name) ?? 0) + count);
      }
    }
    const entries = [...counts].map(([name, count]) => [name, { num_clients: count }] as const);
    return { channels: Object.fromEntries(entries) };
  }

  async function info(params: unknown): Promise<object> {
    checkParams(INFO, params);
    const replies = await control.request({ method: 'info' });
    return { nodes: replies.flatMap((reply) => (reply.info ? [formatNode(reply.info)] : [])) };
  }

  return {
    presence,
    presence_stats: presenceStats,
    history,
    history_remove: historyRemove,
    channels,
    info,
  };
}

function checkPresence(channel: string, parts: ApiParts): void {
  checkChannel(channel, parts);
  if (parts.getOptions(channel).presence) return;
  throw new ProtocolError('notAvailable', 'presence is off in this namespace');
}

function publicationText({ data, offset, extra }: Publication): string {
  return `{"data":${data},"offset":${offset}${extra === undefined ? '' : `,${extra}`}}`;
}

function memberText({ client, user, connInfo, chanInfo }: Member): string {
  const id = JSON.stringify(client);
  const conn = connInfo === undefined ? '' : `,"conn_info":${connInfo}`;
  const chan = chanInfo === undefined ? '' : `,"chan_info":${chanInfo}`;
  return `${id}:{"client":${id},"user":${JSON.stringify(user)}${conn}${chan}}`;
}

function formatNode({
  uid,
  name,
  version,
  clients,
  users,
  subs,
  channels,
  uptime,
}: NodeInfo): object {
  return {
    uid,
    name,
    version,
    num_clients: clients,
    num_users: users,
    num_subs: subs,
    num_channels: channels,
    uptime: Math.floor(uptime),
  };
}
