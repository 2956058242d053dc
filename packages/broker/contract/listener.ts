import type { Position, Publication } from '@newswire/protocol';
import { until } from '@newswire/testkit';
import type { BrokerHandler, Generation } from '@newswire/broker';

export interface Receipt extends Publication {
  readonly channel: string;
  readonly epoch: string;
  readonly isFirst: boolean;
  readonly follows: Position | undefined;
}

/** A handler that records its calls and checks the broker's promise that the flow is complete. */
export class Listener implements BrokerHandler {
  readonly received: Receipt[] = [];
  readonly publications: Publication[] = [];
  readonly gaps: string[] = [];
  readonly removals: [string, number][] = [];
  /** Publications that arrived where another one had to come. */
  readonly breaks: Receipt[] = [];
  readonly #last = new Map<string, Receipt>();

  handlePublication(
    channel: string,
    publication: Publication,
    epoch: string,
    begins: Generation | undefined,
  ): void {
    const { offset, data } = publication;
    this.publications.push(publication);
    const isFirst = begins !== undefined;
    const received = { channel, offset, data, epoch, isFirst, follows: begins?.follows };
    const last = this.#last.get(channel);
    const follows = last === undefined || (last.epoch === epoch && last.offset + 1 === offset);
    if (!follows && !isFirst) this.breaks.push(received);
    this.#last.set(channel, received);
    this.received.push(received);
  }

  handleGap(channel: string): void {
    this.#last.delete(channel);
    this.gaps.push(channel);
  }

  handleRemoval(channel: string, { offset: upToOffset }: Position): void {
    this.removals.push([channel, upToOffset]);
  }

  get data(): string[] {
    return this.received.map(({ data }) => data);
  }

  async count(count: number): Promise<Receipt[]> {
    await until(`publication ${count}`, () => this.received.length >= count);
    return this.received;
  }

  async until(data: string): Promise<void> {
    await until(`publication ${data}`, () =>
      this.received.some((received) => received.data === data),
    );
  }

  /** Records that must be empty while no connection was lost. */
  get complaints(): unknown[] {
    return [...this.breaks, ...this.gaps];
  }
}
