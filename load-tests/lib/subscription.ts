import { subscribeCommand } from './centrifuge-frames.ts';
import type { Message, Publication } from './centrifuge-frames.ts';
import { Judge } from './judge.ts';
import type { LatencySink, Tags } from './judge.ts';
import { gapsReported } from './metrics.ts';

/** One channel of a client on the Centrifuge protocol: judges by offsets, and knows where to go on. */
export class Subscription {
  readonly channel: string;
  readonly #tags: Tags | undefined;
  readonly #latency: LatencySink | undefined;
  #judge: Judge | undefined;
  #epoch = '';
  isLive = false;

  constructor(channel: string, tags?: Tags, latency?: LatencySink) {
    this.channel = channel;
    this.#tags = tags;
    this.#latency = latency;
  }

  get hasEnded(): boolean {
    return this.#judge?.hasEnded ?? false;
  }

  /** What subscribes, for the first time or again. */
  command(id: number): string {
    const position = this.#judge && { offset: this.#judge.highest, epoch: this.#epoch };
    return subscribeCommand(id, this.channel, position);
  }

  handleReply(reply: NonNullable<Message['subscribe']>, nowMs: number): void {
    const offset = reply.offset ?? 0;
    this.#epoch = reply.epoch ?? '';
    this.isLive = true;
    this.#judge ??= new Judge(this.#tags, offset + 1, this.#latency);
    if (reply.was_recovering && !reply.recovered) {
      gapsReported.add(1, this.#tags);
      this.#judge.skipPast(offset);
    }
    for (const publication of reply.publications ?? []) this.take(publication, nowMs);
  }

  take({ offset = 0, data }: Publication, nowMs: number): void {
    this.#judge?.takeAt(offset, data, nowMs);
  }

  /** One that never began has missed its channel's end. */
  report(): void {
    this.#judge ??= new Judge(this.#tags);
    this.#judge.report();
  }
}
