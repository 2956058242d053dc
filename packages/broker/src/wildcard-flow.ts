import type { Publication } from '@newswire/protocol';
import { type BrokerHandler, type HistoryPage, type Generation, newEpoch } from './broker.js';
import { newPublication } from './publication-text.js';

/**
 * All channels of a namespace as one flow, for the subscriber of the wildcard. It has no log:
 * offsets are counted here, in an epoch that ends with each gap. A subscriber is therefore notified
 * of a gap and cannot recover the missed publications. Each publication carries the name of its
 * channel in addition to its data.
 */
export class WildcardFlow {
  readonly #wildcard: string;
  readonly #handler: BrokerHandler;
  #generation = newGeneration();
  #topOffset = 0;

  constructor(wildcard: string, handler: BrokerHandler) {
    this.#wildcard = wildcard;
    this.#handler = handler;
  }

  get page(): HistoryPage {
    return {
      publications: [],
      agesMs: [],
      topOffset: this.#topOffset,
      generation: this.#generation,
    };
  }

  receive(channel: string, { data, extra, isTransient }: Publication): void {
    // Channel names contain no character that JSON escapes.
    const named = `"channel":"${channel}"${extra === undefined ? '' : `,${extra}`}`;
    const traits = isTransient ? { extra: named, isTransient } : { extra: named };
    const publication = newPublication(++this.#topOffset, data, traits);
    const begins = this.#topOffset === 1 ? this.#generation : undefined;
    this.#handler.handlePublication(this.#wildcard, publication, this.#generation.epoch, begins);
  }

  /** Publications may have been missed. */
  interrupt(): void {
    this.#generation = newGeneration();
    this.#topOffset = 0;
    this.#handler.handleGap(this.#wildcard);
  }
}

function newGeneration(): Generation {
  return { epoch: newEpoch(), firstOffset: 1, follows: undefined };
}

/** The page of a wildcard without a subscription. */
export const NO_PAGE: HistoryPage = {
  publications: [],
  agesMs: [],
  topOffset: 0,
  generation: undefined,
};
