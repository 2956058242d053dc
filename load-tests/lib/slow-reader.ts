import { sleep } from 'k6';
import ws from 'k6/ws';
import { connectCommand, isPing, messagesIn, PING } from './centrifuge-frames.ts';
import type { Message } from './centrifuge-frames.ts';
import { connectionErrors } from './metrics.ts';
import type { LatencySink, Tags } from './judge.ts';
import { LATE_MS } from './seed-subscriber.ts';
import { Subscription } from './subscription.ts';

/** What a slow reader is to do. */
export interface SlowPlan {
  readonly baseUrl: string;
  readonly channel: string;
  /** It reads nothing for this long, then all there is for as long, and so on until its channel ends. */
  readonly stallS: number;
  readonly limitMs: number;
  readonly tags: Tags;
  readonly latency: LatencySink;
}

/**
 * A client of the Centrifuge protocol that stops reading its socket now and again, so that the server
 * cannot send. Blocks its VU until it leaves.
 *
 * k6/websockets reads its sockets whatever the script does. The older k6/ws hands each message over
 * before it reads the next one, so a handler that sleeps leaves the rest in the kernel's buffers, and
 * once they are full, with the server.
 */
export function readSlowly({ baseUrl, channel, stallS, limitMs, tags, latency }: SlowPlan): void {
  const subscription = new Subscription(channel, tags, latency);
  let isLeaving = false;
  let nextStallMs: number | undefined;

  const url = `${baseUrl.replace('http', 'ws')}/connection/websocket`;
  const response = ws.connect(url, { tags }, (socket) => {
    const leaveIn = (ms: number) => {
      socket.setTimeout(() => {
        isLeaving = true;
        socket.close();
      }, ms);
    };
    const handle = ({ push, subscribe, ...message }: Message, nowMs: number) => {
      if (push?.pub) subscription.take(push.pub, nowMs);
      else if (push?.unsubscribe) socket.send(subscription.command(2));
      else if (subscribe) subscription.handleReply(subscribe, nowMs);
      else if (isPing(message)) socket.send(PING);
    };
    socket.on('open', () => socket.send(`${connectCommand()}\n${subscription.command(2)}`));
    socket.on('message', (frame) => {
      const had = subscription.hasEnded;
      const nowMs = Date.now();
      for (const message of messagesIn(frame)) handle(message, nowMs);
      if (subscription.hasEnded && !had) leaveIn(LATE_MS);
      if (!subscription.isLive || subscription.hasEnded) return;
      nextStallMs ??= nowMs;
      if (nowMs < nextStallMs) return;
      sleep(stallS);
      nextStallMs = Date.now() + stallS * 1000;
    });
    leaveIn(limitMs);
  });
  if (response.status !== 101 || !isLeaving) connectionErrors.add(1, tags);
  subscription.report();
}
