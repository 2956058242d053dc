import type { PusherApp, PusherWebhookEvent } from './pusher-app.js';

/** The queue of the events for an app's webhook. */
export function toPusherQueue({ options: { id } }: PusherApp): string {
  return `pusher-${id}`;
}

// No channel begins with these. Users come first, so that of events at the same time those of a channel's
// members are before those of the channel.
const USER_MARK = '!';
const CHANNEL_MARK = '"';

/** The name under which the store counts the edges of an app's channel, or of a user on it. */
export function toPusherSubject(channel: string, userId?: string): string {
  return userId === undefined ? CHANNEL_MARK + channel : `${USER_MARK}${channel} ${userId}`;
}

/**
 * The event that a subject was occupied or vacated, as Pusher's webhooks have it; undefined if the
 * app's webhook does not want it.
 */
export function toPusherOccupancy(
  app: PusherApp,
  subject: string,
  isOccupied: boolean,
): object | undefined {
  const isChannel = subject.startsWith(CHANNEL_MARK);
  const end = isChannel ? subject.length : subject.indexOf(' ');
  const channel = app.toName(subject.slice(1, end));
  const name: PusherWebhookEvent = isChannel
    ? isOccupied
      ? 'channel_occupied'
      : 'channel_vacated'
    : isOccupied
      ? 'member_added'
      : 'member_removed';
  if (app.options.webhook?.events.has(name) !== true) return undefined;
  return isChannel ? { name, channel } : { name, channel, user_id: subject.slice(end + 1) };
}
