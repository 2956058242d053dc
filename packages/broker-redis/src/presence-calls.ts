import type { Change, PresenceChannel } from './presence-channel.js';
import type { RedisNames } from './redis-names.js';

/** A call of the script blocks Redis for all other commands, so it must be short. */
const MAX_CALL_CHANGES = 256;
const MAX_CALL_CHANNELS = 64;
const MAX_CALL_LENGTH = 1_048_576;

/** One call's changes to one channel. Without changes, the call only renews the lease. */
export interface Entry {
  readonly channel: PresenceChannel;
  readonly changes: readonly Change[];
}

/** Splits the entries into calls of bounded size. A call exceeds a limit only by its last entry. */
export function splitPresenceCalls(entries: readonly Entry[]): Entry[][] {
  const calls: Entry[][] = [];
  let room = { channels: 0, changes: 0, length: 0 };
  for (const entry of entries.flatMap(split)) {
    const isFull = room.channels <= 0 || room.changes <= 0 || room.length <= 0;
    if (isFull) {
      calls.push([]);
      room = { channels: MAX_CALL_CHANNELS, changes: MAX_CALL_CHANGES, length: MAX_CALL_LENGTH };
    }
    calls.at(-1)?.push(entry);
    room.channels--;
    room.changes -= entry.changes.length;
    room.length -= entry.changes.reduce((length, [, , value]) => length + value.length, 0);
  }
  return calls;
}

/** The keys and arguments of presence-write.lua. */
export function encodePresenceCall(
  entries: readonly Entry[],
  names: RedisNames,
  edge: string,
  leaseMs: number,
  isSweeping: boolean,
): [keys: string[], args: string[]] {
  const keys: string[] = [];
  const args = [edge, String(leaseMs), isSweeping ? '1' : '0'];
  for (const { channel, changes } of entries) {
    const edges = names.presenceKey(channel.name);
    keys.push(edges, `${edges}:${edge}`);
    args.push(
      names.presenceTopic(channel.name),
      channel.wasTold ? '1' : '0',
      String(changes.length),
    );
    for (const change of changes) args.push(...change);
  }
  return [keys, args];
}

function split({ channel, changes }: Entry): Entry[] {
  if (changes.length <= MAX_CALL_CHANGES) return [{ channel, changes }];
  const parts: Entry[] = [];
  for (let from = 0; from < changes.length; from += MAX_CALL_CHANGES) {
    parts.push({ channel, changes: changes.slice(from, from + MAX_CALL_CHANGES) });
  }
  return parts;
}
