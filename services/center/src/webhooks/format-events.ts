import type { QueuedEvent } from '@newswire/broker';
import type { ChannelEvent, NamespaceOptions } from '@newswire/runtime';

/** Returns what a channel's namespace enables. Throws if the channel may not exist. */
export type GetEvents = (channel: string) => Pick<NamespaceOptions, 'events'>;

const OCCUPANCY = /^{"type":"(channel_occupied|channel_vacated)"/;

/**
 * The body of a request: the events with their ids. An event of a channel is left out if its namespace
 * does not enable it: the queue has both events of a channel's occupancy as soon as one is enabled.
 * Undefined if no event is left.
 */
export function formatEvents(
  events: readonly QueuedEvent[],
  getOptions: GetEvents,
): string | undefined {
  const wanted = events.filter(({ text }) => {
    const type = OCCUPANCY.exec(text)?.[1] as ChannelEvent | undefined;
    if (type === undefined) return true;
    const { channel } = JSON.parse(text) as { channel: string };
    return isEnabled(type, channel, getOptions);
  });
  if (wanted.length === 0) return undefined;
  const texts = wanted.map(({ id, text }) => `{"id":${JSON.stringify(id)},${text.slice(1)}`);
  return `{"events":[${texts.join(',')}]}`;
}

function isEnabled(type: ChannelEvent, channel: string, getOptions: GetEvents): boolean {
  try {
    return getOptions(channel).events.has(type);
  } catch {
    // The namespace has been removed from the channels file since.
    return false;
  }
}
