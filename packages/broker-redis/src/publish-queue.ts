import type { JsonLine, Position } from '@newswire/protocol';
import type { LimitsOf, PublicationVersion } from '@newswire/broker';
import { KnownPositions } from './known-positions.js';
import {
  splitPublishCalls,
  failCall,
  NotSentError,
  settleCall,
  encodePublishCall,
  type QueuedPublication,
  type ScriptReply,
  type PublishTurn,
} from './publish-call.js';
import { redisIsAway, timedOut } from './redis-faults.js';
import type { RedisNames } from './redis-names.js';
import { RedisScript, type ScriptClient } from './redis-script.js';

/** The part of a RedisLink that the queue needs. */
export interface PublishLink {
  readonly names: RedisNames;
  readonly commands: ScriptClient;
  readonly identity: string | undefined;
  /** Called with the errors that Redis returned. */
  handleRefusals(faults: readonly unknown[]): void;
}

export interface PublishQueueOptions {
  readonly getLimits: LimitsOf;
  readonly publishTimeoutMs: number;
}

/**
 * While this many calls are in flight, publications wait for the next call: a busy Redis receives
 * fewer and larger calls.
 */
const MAX_CALLS_IN_FLIGHT = 8;

/**
 * Publishes with publish.lua: the publications of one turn of the event loop share a call. The next
 * turn's call does not wait for its answer. A channel's publications take effect in the order of
 * `add`.
 */
export class PublishQueue {
  readonly #link: PublishLink;
  readonly #options: PublishQueueOptions;
  readonly #script = new RedisScript('first-alive.lua', 'empty-epoch.lua', 'publish.lua');
  readonly #known: KnownPositions;
  /** The turn to which publications are added. It is the last of the unsent turns. */
  #turn: PublishTurn | undefined;
  #unsent: PublishTurn[] = [];
  /** Whether publications are unsent because Redis is busy. */
  #isWaiting = false;
  #inFlight = 0;
  /**
   * The number of calls that are sent a second time as a whole. No later call may overtake them.
   */
  #resending = 0;

  constructor(link: PublishLink, options: PublishQueueOptions) {
    this.#link = link;
    this.#options = options;
    this.#known = new KnownPositions(link.names);
  }

  add(
    channel: string,
    data: JsonLine,
    idempotencyKey: string | undefined,
    version?: PublicationVersion,
  ): Promise<Position> {
    const { identity } = this.#link;
    if (identity === undefined) return Promise.reject(redisIsAway());
    const limits = this.#options.getLimits(channel);
    const known = this.#known.of(channel, identity);
    const answerKey = idempotencyKey
      ? this.#link.names.answerKey(channel, idempotencyKey)
      : undefined;
    return new Promise((resolve, reject) => {
      const turn = (this.#turn ??= this.#newTurn());
      const { epoch } = known;
      const knowledge = known.begin();
      // Written out: a spread here took most of the time of a publish.
      turn.items.push({
        channel: known,
        limits,
        data,
        answerKey,
        version,
        known: knowledge,
        epoch,
        turn,
        resolve,
        reject,
      });
    });
  }

  /** Sends all publications added so far: any later command to Redis comes after them. */
  flush(): void {
    if (this.#resending > 0) return;
    this.#turn = undefined;
    const alive = this.#unsent.splice(0).filter(({ isOver }) => !isOver);
    const [turn] = alive; // nearly always a single turn
    const items = alive.length > 1 ? alive.flatMap((each) => each.items) : (turn?.items ?? []);
    for (const call of splitPublishCalls(items)) void this.#send(call);
  }

  #flushUnlessBusy(): void {
    this.#isWaiting = this.#resending > 0 || this.#inFlight >= MAX_CALLS_IN_FLIGHT;
    if (!this.#isWaiting) this.flush();
  }

  #newTurn(): PublishTurn {
    const timer = setTimeout(() => this.#expire(turn), this.#options.publishTimeoutMs);
    const turn: PublishTurn = { items: [], answered: 0, isOver: false, timer };
    this.#unsent.push(turn);
    setImmediate(() => {
      if (this.#turn === turn) this.#turn = undefined;
      this.#flushUnlessBusy();
    });
    return turn;
  }

  /** Unsent publications of the turn will never be sent; sent ones may still take effect. */
  #expire(turn: PublishTurn): void {
    if (this.#turn === turn) this.#turn = undefined;
    turn.isOver = true;
    const isUnsent = this.#unsent.includes(turn);
    for (const { channel, reject } of turn.items) {
      if (isUnsent) channel.withdraw();
      reject(timedOut());
    }
  }

  async #send(items: readonly QueuedPublication[]): Promise<void> {
    const { identity, commands, names } = this.#link;
    let isResent = false;
    this.#inFlight++;
    try {
      if (identity === undefined) throw new NotSentError();
      const [keys, args] = encodePublishCall(items, names.emptyEpochKey, identity);
      const replies = await this.#script.run(commands, keys, args, () => {
        isResent = true;
        this.#resending++;
      });
      const refusals = settleCall(items, replies as readonly ScriptReply[], identity);
      this.#link.handleRefusals(refusals);
    } catch (error) {
      failCall(items, error, identity);
      this.#link.handleRefusals([error]);
    }
    for (const { turn } of items) {
      if (++turn.answered === turn.items.length) clearTimeout(turn.timer);
    }
    this.#inFlight--;
    if (isResent) this.#resending--;
    // Publishers that just got an answer may publish again in this turn: the next call includes
    // that.
    if (this.#isWaiting) setImmediate(() => this.#flushUnlessBusy());
    this.#isWaiting = false;
  }
}
