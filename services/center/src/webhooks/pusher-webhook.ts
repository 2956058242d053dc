import type { QueuedEvent } from '@newswire/broker';
import { type PusherApp, toPusherOccupancy } from '@newswire/runtime';
import type { SignBody } from './webhook-sender.js';

/** Signs bodies as Pusher does: with the app's key, and the HMAC-SHA256 of the body. */
export function pusherSigner(app: PusherApp): SignBody {
  return (body) => ({ 'x-pusher-key': app.options.key, 'x-pusher-signature': app.sign(body) });
}

/** The body of a request of Pusher's webhooks; undefined if the app wants none of the events. */
export function formatPusherEvents(
  app: PusherApp,
  events: readonly QueuedEvent[],
  timeMs: number,
): string | undefined {
  const wanted = events.flatMap(({ text }) => {
    const event = JSON.parse(text) as { readonly type?: string; readonly channel: string };
    if (event.type === undefined) return [event];
    return toPusherOccupancy(app, event.channel, event.type === 'channel_occupied') ?? [];
  });
  return wanted.length === 0 ? undefined : JSON.stringify({ time_ms: timeMs, events: wanted });
}
