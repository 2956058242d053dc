import type { Broker } from '@newswire/broker';

const MAX_UNANSWERED = 50;

/** Publishes `1`, `2`, … to a channel, one per turn, until it is stopped. */
export class Publishing {
  count = 0;
  #isOver = false;
  readonly #done: Promise<void>;

  /** Without `isAwaiting`, it does not wait for an answer before the next publication. */
  constructor(broker: Broker, channel: string, { isAwaiting = true } = {}) {
    this.#done = this.#run(broker, channel, isAwaiting);
  }

  /** Resolves with the number of publications. */
  async stop(): Promise<number> {
    this.#isOver = true;
    await this.#done;
    return this.count;
  }

  async #run(broker: Broker, channel: string, isAwaiting: boolean): Promise<void> {
    const answers: Promise<unknown>[] = [];
    while (!this.#isOver) {
      const answer = broker.publish(channel, String(++this.count));
      if (isAwaiting) await answer;
      else if (answers.push(answer) > MAX_UNANSWERED) await answers.shift();
      await nextTurn(); // an immediate publish would block other turns
    }
    await Promise.all(answers);
  }
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
