import type { RecoveringClient, RecoveryListener, RecoverySystem } from '../contender.js';
import type { RecoveryPublisher } from './recovery-publisher.js';
import { numberIn } from './recovery-publisher.js';
import { judge, type ClientVerdict, type Heard } from './recovery-judge.js';

/** A client of the run, and all that it heard. */
export class LedgerClient implements RecoveryListener {
  readonly #heard: Heard[] = [];
  readonly #publisher: RecoveryPublisher;
  readonly #client: RecoveringClient;
  #subscriptions = 0;

  constructor(system: RecoverySystem, port: number, publisher: RecoveryPublisher) {
    this.#publisher = publisher;
    this.#client = system.connect(port, publisher.channel, this);
  }

  /** How often it was subscribed. */
  get subscriptions(): number {
    return this.#subscriptions;
  }

  get verdict(): ClientVerdict {
    return judge(this.#heard, this.#publisher.taken);
  }

  onSubscribed(isWhole: boolean): void {
    this.#subscriptions += 1;
    const { begun } = this.#publisher;
    this.#heard.push({ kind: 'subscribed', isWhole, begun, atMs: performance.now() });
  }

  onMessage(data: string): void {
    this.#heard.push({ kind: 'message', number: numberIn(data), atMs: performance.now() });
  }

  close(): void {
    this.#client.close();
  }
}
