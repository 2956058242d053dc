import { centrifugeWire, seedWire } from '@newswire/protocol';
import { EdgeCore } from '../../src/edge-core.js';
import type { Session } from '../../src/session/session.js';
import { BrokerModel } from './broker-model.js';
import { ORIGIN } from '../rig/rig.js';
import { SocketModel } from './client-model.js';
import type { LogModel } from './log-model.js';

/** An edge's real parts between a model of the broker and models of sockets, on a clock of its own. */
export class EdgeModel {
  readonly broker: BrokerModel;
  readonly #sockets = new Set<SocketModel>();
  readonly #deferred: (() => void)[] = [];
  readonly #retries: (() => void)[] = [];
  readonly #core: EdgeCore;
  #nowMs = 0;

  constructor(log: LogModel, ringSize: number, idleMs: number) {
    this.broker = new BrokerModel(log);
    const fail = (error: unknown) => {
      throw error;
    };
    const ignore = () => undefined;
    const server = { publish: (topic: string, text: string) => this.#publish(topic, text) };
    this.#core = new EdgeCore(this.broker, server, {
      maxBufferedBytes: 200,
      maxLagBytes: Infinity,
      maxLagMs: Infinity,
      slowCheckBytes: 0,
      maxFlushBytes: 10,
      // So little that some replies have room for what a client missed, and others do not.
      maxMessageBytes: 1500,
      ringSize,
      ringBytes: 1_000_000,
      checkIntervalMs: idleMs / 2,
      ringIdleMs: idleMs,
      subscribeTimeoutMs: 60_000,
      maxChannelsPerSession: 10,
      pingIntervalMs: 25_000,
      version: '0',
      now: () => this.#nowMs,
      defer: (flush) => this.#deferred.push(flush),
      retry: (act, isStillWanted) => this.#retry(act, isStillWanted),
      onSlow: ignore,
      onServed: ignore,
      onFlush: ignore,
      onRead: ignore,
      onGap: ignore,
      onFill: ignore,
      onRecovery: ignore,
      onFault: (_, __, error) => fail(error),
      handleClosed: ignore,
      handleFault: fail,
    });
  }

  open(isSeed: boolean): { session: Session; socket: SocketModel } {
    const socket = new SocketModel();
    this.#sockets.add(socket);
    const wire = isSeed ? seedWire : centrifugeWire;
    return { session: this.#core.open(socket, () => wire, ORIGIN), socket };
  }

  /** The end of a turn of the event loop. */
  tick(): void {
    for (const flush of this.#deferred.splice(0)) flush();
  }

  /** Time passes: what failed is tried again, what waits is looked after. */
  elapse(ms: number): void {
    this.#nowMs += ms;
    for (const retry of this.#retries.splice(0)) retry();
    this.#core.sweep();
  }

  #publish(topic: string, text: string): void {
    for (const socket of this.#sockets) if (socket.topics.has(topic)) socket.send(text);
  }

  async #retry(act: () => Promise<void>, isStillWanted: () => boolean): Promise<boolean> {
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
