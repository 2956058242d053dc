import type { Publication } from '@newswire/protocol';
import type { BrokerHandler, HistoryPage, Generation } from './broker.js';
import { newEpoch } from './epoch.js';
import { newPublication } from './publication-text.js';

/**
 * All channels of a namespace as one flow, to whoever subscribed to its wildcard. It has no log:
 * offsets are counted here, in an epoch of their own that ends with each gap, so that a subscriber is
 * told of what it missed and can never get it. A publication names its channel beside its data.
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
    // Channel names have no character that JSON escapes.
    const named = `"channel":"${channel}"${extra === undefined ? '' : `,${extra}`}`;
    const traits = isTransient ? { extra: named, isTransient } : { extra: named };
    const publication = newPublication(++this.#topOffset, data, traits);
    const begins = this.#topOffset === 1 ? this.#generation : undefined;
    this.#handler.handlePublication(this.#wildcard, publication, this.#generation.epoch, begins);
  }

  /** Something may have been missed. */
  interrupt(): void {
    this.#generation = newGeneration();
    this.#topOffset = 0;
    this.#handler.handleGap(this.#wildcard);
  }
}

function newGeneration(): Generation {
  return { epoch: newEpoch(), firstOffset: 1, follows: undefined };
}

/** What there is of a wildcard that nobody has subscribed to. */
export const NO_PAGE: HistoryPage = {
  publications: [],
  agesMs: [],
  topOffset: 0,
  generation: undefined,
};
