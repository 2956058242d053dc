// oxlint-disable unicorn/prefer-add-event-listener -- k6's types take event names only from an enum that k6 lacks.
import { clearTimeout, setTimeout } from 'k6/timers';
import { WebSocket } from 'k6/websockets';
import { parseItem } from './item.ts';
import { SequenceLedger } from './ledger.ts';
import {
  connectionErrors,
  deliveryLatency,
  doubled,
  endsMissed,
  lost,
  received,
  reordered,
} from './metrics.ts';

/** Time in which items that were overtaken by their channel's end may still come. */
const LATE_MS = 500;

function report(ledger: SequenceLedger, lastSeq: number | null): void {
  received.add(ledger.received);
  doubled.add(ledger.doubled);
  reordered.add(ledger.reordered);
  lost.add(ledger.lost(lastSeq ?? 0));
  endsMissed.add(lastSeq === null ? 1 : 0);
}

/**
 * Subscribes to a channel over the seed wire and judges what comes, until the channel's last item or
 * `limitMs`. Reports to the metrics once, when the socket has closed.
 */
export function subscribe(baseUrl: string, channel: string, limitMs: number): void {
  const socket = new WebSocket(`${baseUrl.replace('http', 'ws')}/ws`);
  const ledger = new SequenceLedger();
  let lastSeq: number | null = null;
  let isLeaving = false;
  const leave = () => {
    isLeaving = true;
    socket.close();
  };
  const limit = setTimeout(leave, limitMs);

  socket.onopen = () => socket.send(`sub#${channel}`);
  socket.onmessage = (event) => {
    const nowMs = Date.now();
    const data = event?.data;
    const item = typeof data === 'string' ? parseItem(data) : null;
    if (item?.isLast) {
      if (lastSeq === null) setTimeout(leave, LATE_MS);
      lastSeq = item.seq;
    } else if (item) {
      ledger.take(item.seq);
      deliveryLatency.add(nowMs - item.atMs);
    }
  };
  socket.onerror = () => connectionErrors.add(1);
  socket.onclose = () => {
    clearTimeout(limit);
    if (!isLeaving) connectionErrors.add(1);
    report(ledger, lastSeq);
  };
}
