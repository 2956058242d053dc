import type { Frame } from '@newswire/protocol';
import { centrifugeProtocol } from '../../src/protocols/centrifuge/protocol.js';
import { centrifugeProtobufProtocol } from '../../src/protocols/centrifuge-protobuf/protocol.js';
import { seedProtocol } from '../../src/protocols/seed/codec.js';
import type { EdgeConfig } from '../../src/edge-config.js';
import { EdgeCore } from '../../src/edge-core.js';
import type { Session } from '../../src/session/session.js';
import { BrokerModel } from './broker-model.js';
import { coreParts, TEST_CONFIG } from '../rig/core-parts.js';
import { ORIGIN } from '../rig/rig.js';
import { SocketModel, type ClientKind } from './client-model.js';
import type { LogModel } from './log-model.js';

const PROTOCOLS = {
  seed: seedProtocol,
  json: centrifugeProtocol,
  protobuf: centrifugeProtobufProtocol,
};

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
    const config: EdgeConfig = {
      ...TEST_CONFIG,
      maxBufferedBytes: 200,
      maxLagBytes: Infinity,
      maxLagMs: Infinity,
      maxFlushBytes: 10,
      // So little that some replies have room for what a client missed, and others do not.
      maxMessageBytes: 1500,
      ringSize,
      ringBytes: 1_000_000,
      checkIntervalMs: idleMs / 2,
      ringIdleMs: idleMs,
      subscribeTimeoutMs: 60_000,
    };
    const dependencies = coreParts(
      this.broker,
      (topic, frame) => this.#publish(topic, frame),
      {
        now: () => this.#nowMs,
        wallNow: Date.now,
        defer: (act) => this.#deferred.push(act),
        retry: (act, isStillWanted) => this.#retry(act, isStillWanted),
      },
      {
        onEncodingFault: (_, __, error) => fail(error),
        onFault: (_, error) => fail(error),
      },
    );
    this.#core = new EdgeCore(config, dependencies);
  }

  open(kind: ClientKind): { session: Session; socket: SocketModel } {
    const socket = new SocketModel();
    this.#sockets.add(socket);
    const protocol = PROTOCOLS[kind];
    return { session: this.#core.open(socket, () => protocol, ORIGIN), socket };
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

  #publish(topic: string, frame: Frame): void {
    for (const socket of this.#sockets) if (socket.topics.has(topic)) socket.send(frame);
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
