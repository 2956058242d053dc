// oxlint-disable unicorn/prefer-add-event-listener -- k6's types take event names only from an enum that k6 lacks.
import { clearTimeout, setTimeout } from 'k6/timers';
import { WebSocket } from 'k6/websockets';
import { Judge, parseItem } from './judge.ts';
import type { Tags } from './judge.ts';
import { connectionErrors } from './metrics.ts';

/** Time in which items that were overtaken by their channel's end may still come. */
export const LATE_MS = 500;

/**
 * Subscribes to a channel over the seed protocol and judges what comes, until the channel's last item or
 * `limitMs`. Reports to the metrics once, when the socket has closed.
 */
export function subscribe(baseUrl: string, channel: string, limitMs: number, tags?: Tags): void {
  const socket = new WebSocket(`${baseUrl.replace('http', 'ws')}/ws`);
  const judge = new Judge(tags);
  let isLeaving = false;
  let hasFailed = false;
  const leave = () => {
    isLeaving = true;
    socket.close();
  };
  const fail = () => {
    if (!hasFailed) connectionErrors.add(1, tags);
    hasFailed = true;
  };
  const limit = setTimeout(leave, limitMs);

  socket.onopen = () => socket.send(`sub#${channel}`);
  socket.onmessage = (event) => {
    const nowMs = Date.now();
    const data = event?.data;
    const item = typeof data === 'string' ? parseItem(data) : null;
    if (item?.isLast && !judge.hasEnded) setTimeout(leave, LATE_MS);
    if (item) judge.take(item, nowMs);
  };
  socket.onerror = fail;
  socket.onclose = () => {
    clearTimeout(limit);
    if (!isLeaving) fail();
    judge.report();
  };
}
