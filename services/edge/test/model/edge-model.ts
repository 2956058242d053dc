import { centrifugeWire, seedWire } from '@newswire/protocol';
import { CatchUp } from '../../src/catch-up.js';
import { Hub } from '../../src/hub.js';
import { Outbox } from '../../src/outbox.js';
import { Session, type SessionContext } from '../../src/session.js';
import { BrokerModel } from './broker-model.js';
import { SocketModel } from './client-model.js';
import type { LogModel } from './log-model.js';

/** An edge's real parts between a model of the broker and models of sockets, on a clock of its own. */
export class EdgeModel {
  readonly broker: BrokerModel;
  readonly #sockets = new Set<SocketModel>();
  readonly #deferred: (() => void)[] = [];
  readonly #retries: (() => void)[] = [];
  readonly #hub: Hub;
  readonly #catchUp: CatchUp;
  readonly #context: SessionContext;
  #nowMs = 0;

  constructor(log: LogModel, ringSize: number, patienceMs: number) {
    this.broker = new BrokerModel(log);
    const now = () => this.#nowMs;
    const fail = (_: unknown, error: unknown) => {
      throw error;
    };
    this.#catchUp = new CatchUp({
      maxBufferedBytes: 200,
      maxLagBytes: Infinity,
      maxLagMs: Infinity,
      now,
      onStarved: (subscription) => this.#hub.handleStarved(subscription),
      onBroken: (subscription) => this.#hub.break(subscription),
      onFault: fail,
      onSlow: () => undefined,
      onServed: () => undefined,
    });
    const server = { publish: (topic: string, text: string) => this.#publish(topic, text) };
    const outbox = new Outbox(server, this.#catchUp, {
      lookEveryBytes: 0,
      maxFlushBytes: 10,
      defer: (flush) => this.#deferred.push(flush),
      onBroken: (subscription) => this.#hub.break(subscription),
      onFault: fail,
      onFlush: () => undefined,
    });
    this.#hub = new Hub(this.broker, outbox, this.#catchUp, {
      ringSize,
      ringBytes: 1_000_000,
      now,
      checkIntervalMs: patienceMs / 2,
      ringIdleMs: patienceMs,
      subscribeTimeoutMs: 60_000,
      persist: (act, isStillWanted) => this.#persist(act, isStillWanted),
      onRead: () => undefined,
      onGap: () => undefined,
      onFill: () => undefined,
      onRecovery: () => undefined,
    });
    this.#context = {
      subscribe: (session, request, id) => this.#hub.subscribe(session, request, id),
      unsubscribe: (subscription) => this.#hub.unsubscribe(subscription),
      handleDrain: (session) => this.#catchUp.serve(session),
      handleClosed: () => undefined,
      handleFault: (error) => fail(undefined, error),
      maxChannelsPerSession: 10,
      pingIntervalMs: 25_000,
      version: '0',
      now,
    };
  }

  open(isSeed: boolean): { session: Session; socket: SocketModel } {
    const socket = new SocketModel();
    this.#sockets.add(socket);
    const wire = isSeed ? seedWire : centrifugeWire;
    return { session: new Session(socket, () => wire, this.#context), socket };
  }

  /** The end of a turn of the event loop. */
  tick(): void {
    for (const flush of this.#deferred.splice(0)) flush();
  }

  /** Time passes: what failed is tried again, what waits is looked after. */
  elapse(ms: number): void {
    this.#nowMs += ms;
    for (const retry of this.#retries.splice(0)) retry();
    this.#hub.sweep();
    this.#catchUp.sweep();
  }

  #publish(topic: string, text: string): void {
    for (const socket of this.#sockets) if (socket.topics.has(topic)) socket.send(text);
  }

  async #persist(act: () => Promise<void>, isStillWanted: () => boolean): Promise<boolean> {
    while (isStillWanted()) {
      try {
        await act();
        return true;
      } catch {
        await new Promise<void>((resolve) => void this.#retries.push(resolve));
      }
    }
    return false;
  }
}
