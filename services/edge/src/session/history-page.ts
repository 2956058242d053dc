import type { Broker, HistoryPage } from '@newswire/broker';
import {
  ProtocolError,
  type HistoryCommand,
  type Position,
  type Publication,
} from '@newswire/protocol';

/** As many publications as a client gets at once. */
const MAX_PUBLICATIONS = 1000;

/**
 * What a client's `history` command asks for, and where the log ends. Rejects with error 112 where
 * `since` is of another life of the log. A page may have fewer than were asked for.
 */
export async function historyOf(
  broker: Pick<Broker, 'history'>,
  { channel, limit, since, reverse }: Omit<HistoryCommand, 'type' | 'id'>,
): Promise<{ publications: readonly Publication[]; position: Position }> {
  const wanted = limit < 0 ? MAX_PUBLICATIONS : Math.min(limit, MAX_PUBLICATIONS);
  const page = reverse
    ? await readBack(broker, channel, wanted, since?.offset)
    : await broker.history(channel, since?.offset ?? 0, wanted);
  const { life, topOffset } = page;
  if (since !== undefined && since.epoch !== '' && since.epoch !== life?.epoch) {
    throw new ProtocolError('unrecoverablePosition');
  }
  // What is before the life's first offset has the epoch of another.
  const ofLife = page.publications.filter(({ offset }) => offset >= (life?.firstOffset ?? 0));
  return {
    publications: reverse ? ofLife.toReversed() : ofLife,
    position: { offset: topOffset, epoch: life?.epoch ?? '' },
  };
}

/** The last `limit` before an offset, or of all, oldest first. */
async function readBack(
  broker: Pick<Broker, 'history'>,
  channel: string,
  limit: number,
  before: number | undefined,
): Promise<HistoryPage> {
  const end = await broker.history(channel, Math.max(1, (before ?? 1) - 1), 0);
  const last = Math.min((before ?? Infinity) - 1, end.topOffset);
  for (let count = Math.min(limit, last); count > 0; count = Math.floor(count / 2)) {
    const page = await broker.history(channel, last - count, count);
    const publications = page.publications.filter(({ offset }) => offset <= last);
    // A page may end early by its bytes, and then lacks the newest: fewer are asked for.
    const newest = publications.at(-1)?.offset ?? last;
    if (newest === last) return { ...page, publications };
  }
  return { ...end, publications: [] };
}
