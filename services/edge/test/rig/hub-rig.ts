import {
  MemoryBroker,
  type HistoryPage,
  type MemoryBrokerOptions,
  type PublishOptions,
} from '@newswire/broker';
import { toJsonLine, type Frame, type Position, type Protocol } from '@newswire/protocol';
import type { SessionOpening } from '../../src/access/access.js';
import { centrifugeProtocol } from '../../src/protocols/centrifuge/protocol.js';
import { seedProtocol } from '../../src/protocols/seed/codec.js';
import type { Origin } from '@newswire/transport';
import type { CatchUp } from '../../src/channel/catch-up.js';
import type { EdgeConfig } from '../../src/edge-config.js';
import { EdgeCore } from '../../src/edge-core.js';
import type { EdgeEvents } from '../../src/edge-events.js';
import type { Hub } from '../../src/channel/hub.js';
import type { Session } from '../../src/session/session.js';
import { coreParts, TEST_CONFIG, type ReplaceableParts } from './core-parts.js';
import { FakeSocket } from './rig.js';

export interface Pub {
  readonly offset: number;
  readonly data?: unknown;
  readonly delta?: true;
  readonly channel?: string;
  readonly tags?: object;
}

export interface ReplyLine {
  readonly id?: number;
  readonly error?: { readonly code: number; readonly message: string };
  readonly connect?: object;
  readonly subscribe?: Position & {
    readonly recovered?: boolean;
    readonly publications?: readonly Pub[];
  };
  readonly push?: {
    readonly channel?: string;
    readonly pub?: Pub;
    readonly join?: object;
    readonly leave?: object;
    readonly subscribe?: object;
    readonly unsubscribe?: { readonly code: number };
    readonly disconnect?: { readonly code: number };
  };
}

/** One client's connection to the hub. */
export class HubClient {
  readonly session: Session;
  readonly socket: FakeSocket;

  constructor(session: Session, socket: FakeSocket) {
    this.session = session;
    this.socket = socket;
  }

  subscribe(channel: string, more: object = {}): void {
    this.send({ id: 1, connect: {} }, { id: 2, subscribe: { channel, ...more } });
  }

  /** In one frame. */
  send(...commands: readonly object[]): void {
    this.session.handleFrame(commands.map((command) => JSON.stringify(command)).join('\n'));
  }

  /** Resolves with the answer to a command sent now. */
  async ask(id: number, command: object): Promise<ReplyLine | undefined> {
    this.send({ id, ...command });
    await settled();
    return this.reply(id);
  }

  reply(id: number): ReplyLine | undefined {
    return this.lines.find((line) => line.id === id);
  }

  /** The pushes other than publications. */
  get pushes(): NonNullable<ReplyLine['push']>[] {
    return this.lines.flatMap(({ push }) => (push === undefined || push.pub ? [] : [push]));
  }

  get lines(): ReplyLine[] {
    return this.socket.frames.flatMap((frame) =>
      frame.split('\n').map((line) => JSON.parse(line) as ReplyLine),
    );
  }

  /** The answer to the subscribe command. */
  get answer(): ReplyLine | undefined {
    return this.reply(2);
  }

  /** All publications, those in the answer included. */
  get pubs(): Pub[] {
    return this.lines.flatMap(({ subscribe, push }) => [
      ...(subscribe?.publications ?? []),
      ...(push?.pub ? [push.pub] : []),
    ]);
  }

  get offsets(): number[] {
    return this.pubs.map(({ offset }) => offset);
  }
}

/** A memory broker whose pages the test may replace, or hold back. */
class ScriptedBroker extends MemoryBroker {
  script: ((since: number, limit: number) => HistoryPage | Promise<HistoryPage>) | undefined;
  readonly reads: (readonly [since: number, limit: number])[] = [];

  readonly published: PublishOptions[] = [];

  override publish(channel: string, data: string, options: PublishOptions = {}) {
    this.published.push(options);
    return super.publish(channel, data, options);
  }

  /** Reads wait until the function that this returns is given a page; new ones no more once `script` is cleared. */
  hold(): (page: HistoryPage) => void {
    let answer: (page: HistoryPage) => void = () => undefined;
    this.script = () => new Promise((resolve) => (answer = resolve));
    return (page) => answer(page);
  }

  override async history(channel: string, since: number, limit: number): Promise<HistoryPage> {
    this.reads.push([since, limit]);
    return this.script?.(since, limit) ?? super.history(channel, since, limit);
  }
}

/** `getLimits`, `historyBytes`: of the broker, which keeps nearly everything without. */
type HubRigOptions = Partial<EdgeConfig> &
  ReplaceableParts &
  Partial<Pick<MemoryBrokerOptions, 'getLimits'>>;

/** A hub over a real broker in memory, with sessions on sockets that are none. */
export class HubRig {
  nowMs = 0;
  readonly broker: ScriptedBroker;
  readonly gaps: [channel: string, sessions: number][] = [];
  readonly recoveries: boolean[] = [];
  readonly presenceFailures: unknown[] = [];
  fills = 0;
  /** Told of what should never happen. */
  onFault: (error: unknown) => void = fail;
  readonly hub: Hub;
  readonly catchUp: CatchUp;
  readonly #sockets = new Map<string, FakeSocket>();
  readonly core: EdgeCore;

  /** `more`: what differs from the rig's own options. */
  constructor(ringSize = 10, more: HubRigOptions = {}, events: Partial<EdgeEvents> = {}) {
    const { access, getOptions, presence, blockList, rpc, hooks, webhooks, getLimits, ...config } =
      more;
    this.broker = new ScriptedBroker({
      getLimits: getLimits ?? (() => ({ historySize: 10_000, historyTtlMs: 3_600_000 })),
      historyBytes: config.historyBytes ?? 100_000_000,
      now: () => this.nowMs,
    });
    const dependencies = coreParts(
      this.broker,
      (topic, frame) => this.#publish(topic, frame),
      {
        now: () => this.nowMs,
        retry: (act, isStillWanted) => this.#retry(act, isStillWanted),
      },
      {
        onGap: (...gap) => this.gaps.push(gap),
        onFill: () => this.fills++,
        onRecovery: (recovered) => this.recoveries.push(recovered),
        onEncodingFault: fail,
        onBrokerFailure: (error) => this.presenceFailures.push(error),
        onSessionClosed: ({ client }) => this.#sockets.delete(client),
        onFault: (_, error) => this.onFault(error),
        ...events,
      },
      { access, getOptions, presence, blockList, rpc, hooks, webhooks },
    );
    this.core = new EdgeCore({ ...TEST_CONFIG, ringSize, ...config }, dependencies);
    this.hub = this.core.hub;
    this.catchUp = this.core.catchUp;
  }

  open(
    protocol: Protocol = centrifugeProtocol,
    transport: Origin['transport'] = 'websocket',
    opening?: SessionOpening,
  ): HubClient {
    const socket = new FakeSocket(transport === 'websocket');
    const origin = { address: '127.0.0.1', transport, headers: {} };
    const session = this.core.open(socket, () => protocol, origin, undefined, opening);
    this.#sockets.set(session.client, socket);
    return new HubClient(session, socket);
  }

  /** A Centrifuge client that is connected. */
  async connected(more: object = {}): Promise<HubClient> {
    const client = this.open();
    await client.ask(1, { connect: more });
    return client;
  }

  /** A Centrifuge client's subscription, with its answer. */
  async subscribed(channel: string, more: object = {}): Promise<HubClient> {
    const client = this.open();
    client.subscribe(channel, more);
    await settled();
    return client;
  }

  async seed(channel: string): Promise<HubClient> {
    const client = this.open(seedProtocol);
    client.session.handleFrame(`sub#${channel}`);
    await settled();
    return client;
  }

  async publish(channel: string, count: number, data: unknown = 'x'): Promise<Position> {
    let position = { offset: 0, epoch: '' };
    for (let i = 0; i < count; i++) {
      position = await this.broker.publish(channel, toJsonLine(data));
      await nextTurn();
    }
    await settled();
    return position;
  }

  /** Time passes, and what waits is looked after. */
  async elapse(ms: number): Promise<void> {
    this.nowMs += ms;
    this.core.sweep();
    await settled();
  }

  #publish(topic: string, frame: Frame): void {
    for (const socket of this.#sockets.values()) if (socket.topics.has(topic)) socket.send(frame);
  }

  /** Tries again as soon as anything else has had its turn. */
  async #retry(act: () => Promise<void>, isStillWanted: () => boolean): Promise<boolean> {
    while (isStillWanted()) {
      try {
        await act();
        return true;
      } catch {
        await nextTurn();
      }
    }
    return false;
  }
}

function fail(...parts: unknown[]): never {
  throw parts.at(-1);
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Promises that can settle have done so, and what is pending has gone out. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await nextTurn();
}

/** An edge that follows channel `a`, with a client on it, and has `count` publications of it. */
export async function rigWith(count: number, ringSize = 10) {
  const rig = new HubRig(ringSize);
  const first = await rig.subscribed('a');
  const { epoch } = await rig.publish('a', count);
  return { rig, epoch, first };
}

/** The numbers from one to another, both included. */
export const upTo = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
