import type { JsonLine, Position } from '@newswire/protocol';
import type { LimitsOf } from '../broker.js';
import { KnownPositions } from './known-positions.js';
import {
  callsOf,
  failAll,
  NotSentError,
  settle,
  wordsOf,
  type Item,
  type Reply,
  type Turn,
} from './publish-call.js';
import { redisIsAway, timedOut } from './redis-faults.js';
import type { RedisNames } from './redis-names.js';
import { RedisScript, type ScriptClient } from './redis-script.js';

/** What the queue needs of a RedisLink. */
export interface PublishLink {
  readonly names: RedisNames;
  readonly commands: ScriptClient;
  readonly identity: string | undefined;
  /** Called with what Redis has refused. */
  handleRefusals(faults: readonly unknown[]): void;
}

export interface PublishQueueOptions {
  readonly limitsOf: LimitsOf;
  readonly publishTimeoutMs: number;
}

/**
 * While this many calls are not answered, publications gather for the next: a busy Redis is sent
 * fewer and larger calls.
 */
const MAX_CALLS_IN_FLIGHT = 8;

/**
 * Publishes over publish.lua: a turn's publications share one call, the next turn's are sent
 * without waiting for its answer. A channel's publications take effect in the order they came.
 */
export class PublishQueue {
  readonly #link: PublishLink;
  readonly #options: PublishQueueOptions;
  readonly #script = new RedisScript('first-alive.lua', 'empty-epoch.lua', 'publish.lua');
  readonly #known: KnownPositions;
  /** The turn that publications are added to, which is the last of the unsent. */
  #turn: Turn | undefined;
  #unsent: Turn[] = [];
  /** Whether something is unsent because Redis is busy. */
  #isWaiting = false;
  #inFlight = 0;
  /** Calls that are sent again, whole: nothing may overtake them. */
  #resending = 0;

  constructor(link: PublishLink, options: PublishQueueOptions) {
    this.#link = link;
    this.#options = options;
    this.#known = new KnownPositions(link.names);
  }

  add(channel: string, data: JsonLine, idempotencyKey: string | undefined): Promise<Position> {
    const { identity } = this.#link;
    if (identity === undefined) return Promise.reject(redisIsAway());
    const limits = this.#options.limitsOf(channel);
    const known = this.#known.of(channel, identity);
    const answerKey = idempotencyKey
      ? this.#link.names.answerKey(channel, idempotencyKey)
      : undefined;
    return new Promise((resolve, reject) => {
      const turn = (this.#turn ??= this.#newTurn());
      const { epoch } = known;
      const knowledge = known.begin();
      // Written out: a spread here took most of the time that publishing takes.
      turn.items.push({
        channel: known,
        limits,
        data,
        answerKey,
        known: knowledge,
        epoch,
        turn,
        resolve,
        reject,
      });
    });
  }

  /** Sends what was added so far: whatever is sent next comes after it. */
  flush(): void {
    if (this.#resending > 0) return;
    this.#turn = undefined;
    const alive = this.#unsent.splice(0).filter(({ isOver }) => !isOver);
    const [turn] = alive; // nearly always one
    const items = alive.length > 1 ? alive.flatMap((each) => each.items) : (turn?.items ?? []);
    for (const call of callsOf(items)) void this.#send(call);
  }

  #flushUnlessBusy(): void {
    this.#isWaiting = this.#resending > 0 || this.#inFlight >= MAX_CALLS_IN_FLIGHT;
    if (!this.#isWaiting) this.flush();
  }

  #newTurn(): Turn {
    const timer = setTimeout(() => this.#expire(turn), this.#options.publishTimeoutMs);
    const turn: Turn = { items: [], answered: 0, isOver: false, timer };
    this.#unsent.push(turn);
    setImmediate(() => {
      if (this.#turn === turn) this.#turn = undefined;
      this.#flushUnlessBusy();
    });
    return turn;
  }

  /** What was not sent by then never will be; the rest may still take effect. */
  #expire(turn: Turn): void {
    if (this.#turn === turn) this.#turn = undefined;
    turn.isOver = true;
    const isUnsent = this.#unsent.includes(turn);
    for (const { channel, reject } of turn.items) {
      if (isUnsent) channel.withdraw();
      reject(timedOut());
    }
  }

  async #send(items: readonly Item[]): Promise<void> {
    const { identity, commands, names } = this.#link;
    let isResent = false;
    this.#inFlight++;
    try {
      if (identity === undefined) throw new NotSentError();
      const [keys, args] = wordsOf(items, names.emptyEpochKey, identity);
      const replies = await this.#script.run(commands, keys, args, () => {
        isResent = true;
        this.#resending++;
      });
      const refusals = settle(items, replies as readonly Reply[], identity);
      this.#link.handleRefusals(refusals);
    } catch (error) {
      failAll(items, error, identity);
      this.#link.handleRefusals([error]);
    }
    for (const { turn } of items) {
      if (++turn.answered === turn.items.length) clearTimeout(turn.timer);
    }
    this.#inFlight--;
    if (isResent) this.#resending--;
    // Those who were answered now may publish again, at once: that belongs to the same call.
    if (this.#isWaiting) setImmediate(() => this.#flushUnlessBusy());
    this.#isWaiting = false;
  }
}
