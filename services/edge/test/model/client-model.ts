import type { Frame, Position } from '@newswire/protocol';
import type { Connection } from '@newswire/transport';
import type { Session } from '../../src/session/session.js';
import { decodeReplies, encodeCommands, withJsonData, type ProtoMembers } from '../rig/protobuf.js';
import type { LogModel } from './log-model.js';

/** A socket whose bytes wait until the test lets the client read them. */
export class SocketModel implements Connection {
  readonly hasCloseCodes = true;
  static #lastId = 0;
  readonly id = ++SocketModel.#lastId;
  readonly topics = new Set<string>();
  #frames: Frame[] = [];
  closeCode: number | undefined;

  /** What was sent, oldest first, up to `count` frames: gone from the socket. */
  read(count: number): Frame[] {
    return this.#frames.splice(0, count);
  }

  send(...frames: readonly Frame[]): void {
    if (this.closeCode === undefined) this.#frames.push(...frames);
  }

  close(code: number): void {
    this.closeCode ??= code;
  }

  bufferedBytes(): number {
    return this.#frames.reduce((sum, frame) => sum + frame.length, 0);
  }

  join(topic: string): void {
    this.topics.add(topic);
  }

  leave(topic: string): void {
    this.topics.delete(topic);
  }

  ping(): void {
    // Nothing here takes that long.
  }
}

/** The gaps of which a client was notified. */
export interface Verdict {
  /** Sentences; empty if everything came once and in order. */
  readonly faults: string[];
  gapsReported: number;
}

/** Which protocol a client has; of Centrifuge's, in which encoding. */
export type ClientKind = 'seed' | 'json' | 'protobuf';

/**
 * A client of the Centrifuge protocol that comes back with its position, or one of the seed protocol, which
 * has none. The data of a publication is its index, so what follows what is plain.
 */
export class ClientModel {
  readonly verdict: Verdict = { faults: [], gapsReported: 0 };
  readonly #log: LogModel;
  readonly kind: ClientKind;
  #session: Session | undefined;
  #socket: SocketModel | undefined;
  #position: Position | undefined;
  /** The index that has to come next; undefined while nothing is promised. */
  #next: number | undefined;

  constructor(log: LogModel, kind: ClientKind) {
    this.#log = log;
    this.kind = kind;
  }

  get isConnected(): boolean {
    return this.#session !== undefined;
  }

  get next(): number | undefined {
    return this.#next;
  }

  connect(session: Session, socket: SocketModel): void {
    this.#session = session;
    this.#socket = socket;
    if (this.kind === 'seed') session.handleFrame('sub#a');
    else {
      this.#send({ id: 1, connect: {} });
      this.#subscribe();
    }
  }

  /** Reads up to `count` frames. */
  read(count: number): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    const wasFull = socket.bufferedBytes() > 0;
    for (const frame of socket.read(count)) this.#handleFrame(frame);
    if (wasFull) this.#session?.handleDrain();
    if (socket.closeCode !== undefined && socket.bufferedBytes() === 0)
      this.#lost(socket.closeCode);
  }

  /** The connection breaks: what was not read is gone. */
  cut(): void {
    if (this.#session !== undefined) this.#lost(1006);
  }

  #lost(code: number): void {
    const session = this.#session;
    this.#session = this.#socket = undefined;
    if (code === 3010) this.verdict.gapsReported++;
    if (this.kind === 'seed') this.#next = undefined;
    session?.handleClose(code);
  }

  #subscribe(): void {
    const position = this.#position;
    const recovery = position === undefined ? {} : { recover: true, ...position };
    this.#send({ id: 2, subscribe: { channel: 'a', ...recovery } });
  }

  #send(command: ProtoMembers): void {
    const frame = this.kind === 'json' ? JSON.stringify(command) : encodeCommands(command);
    this.#session?.handleFrame(frame);
  }

  #handleFrame(frame: Frame): void {
    if (this.kind === 'seed') return this.#take(Number(frame));
    for (const reply of readReplies(frame)) this.#handleReply(reply as ReplyModel);
  }

  #handleReply({ id, subscribe, error, push }: ReplyModel): void {
    if (push?.unsubscribe !== undefined) return this.#subscribe();
    if (push?.pub !== undefined) return this.#handlePub(push.pub);
    if (error !== undefined) return this.#subscribe();
    if (id !== 2 || subscribe === undefined) return undefined;
    // Protobuf leaves out what is zero or false.
    const { epoch, offset = 0, publications = [] } = subscribe;
    const { recovered = false, was_recovering: wasRecovering = false } = subscribe;
    if (wasRecovering && !recovered) this.verdict.gapsReported++;
    if (!recovered) this.#next = undefined;
    this.#position = { epoch, offset };
    for (const pub of publications) this.#handlePub(pub);
  }

  #handlePub({ data, offset }: { data: number; offset: number }): void {
    const epoch = this.#position?.epoch ?? '';
    this.#position = { epoch, offset };
    const accepted = this.#log.accepted[data];
    if (accepted?.epoch !== epoch || accepted.offset !== offset) {
      this.verdict.faults.push(`${data} came as ${epoch} ${offset}`);
    }
    this.#take(data);
  }

  #take(index: number): void {
    const next = this.#next ?? index;
    if (index < next) this.verdict.faults.push(`${index} came again or late, ${next} was next`);
    if (index > next) this.verdict.faults.push(`${next} is missing, ${index} came`);
    this.#next = index + 1;
  }
}

function readReplies(frame: Frame): readonly unknown[] {
  if (typeof frame !== 'string') return decodeReplies(frame).map(withJsonData);
  return frame.split('\n').map((line) => JSON.parse(line) as unknown);
}

interface ReplyModel {
  readonly id?: number;
  readonly error?: object;
  readonly subscribe?: {
    readonly epoch: string;
    readonly offset?: number;
    readonly recovered?: boolean;
    readonly was_recovering?: boolean;
    readonly publications?: readonly { data: number; offset: number }[];
  };
  readonly push?: {
    readonly pub?: { data: number; offset: number };
    readonly unsubscribe?: object;
  };
}
