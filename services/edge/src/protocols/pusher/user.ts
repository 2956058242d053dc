import {
  isRecord,
  rawMember,
  toJsonLine,
  type ClientInfo,
  type JsonLine,
} from '@newswire/protocol';

/** One user of a presence channel, who may have several connections. */
export interface PusherUser {
  readonly id: string;
  readonly info: JsonLine | undefined;
}

/** `channel_data` of a presence channel: `{"user_id":…,"user_info":…}`. Undefined if it is no such object. */
export function parseChannelData(text: string): PusherUser | undefined {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(data)) return undefined;
  const { user_id: id } = data;
  if (typeof id !== 'string' && typeof id !== 'number') return undefined;
  return id === '' ? undefined : { id: String(id), info: rawMember(text, 'user_info') };
}

/**
 * The user of a member. One that another protocol's client is has its user as id, or its client id if
 * it is anonymous.
 */
export function toPusherUser({ client, user, connInfo, chanInfo }: ClientInfo): PusherUser {
  const own = chanInfo === undefined ? undefined : parseChannelData(chanInfo);
  return own ?? { id: user === '' ? client : user, info: chanInfo ?? connInfo };
}

/** The list of users in the reply to a subscription: each once. */
export function toPresenceText(members: Iterable<ClientInfo>): JsonLine {
  const users = new Map<string, JsonLine | undefined>();
  for (const member of members) {
    const { id, info } = toPusherUser(member);
    users.set(id, info);
  }
  const ids = toJsonLine([...users.keys()]);
  const hash = [...users].map(([id, info]) => `${toJsonLine(id)}:${info ?? 'null'}`);
  return `{"presence":{"count":${users.size},"ids":${ids},"hash":{${hash.join()}}}}`;
}

/** The data of `member_added`. */
export function toMemberText(member: ClientInfo): JsonLine {
  const { id, info } = toPusherUser(member);
  return `{"user_id":${toJsonLine(id)}${info === undefined ? '' : `,"user_info":${info}`}}`;
}
