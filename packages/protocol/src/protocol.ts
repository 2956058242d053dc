import type { CloseKind } from './close-codes.js';
import type { Codec, Frame } from './codec.js';
import type { ConnectCommand } from './commands.js';
import type { ProtocolError } from './errors.js';
import type { ClientInfo } from './publication.js';
import type { MembersNotice, Reply, SubscriptionStart } from './replies.js';

/**
 * One client protocol: its codec, and a strategy for each respect in which protocols differ. A
 * session asks the strategies what to do. It never asks which protocol it has.
 */
export interface Protocol {
  readonly name: string;
  readonly codec: Codec;
  /** The first codec of subscriptions whose publications are sent as deltas, if there are any. */
  readonly deltas?: Codec;
  readonly connecting: ConnectStrategy;
  readonly gaps: GapStrategy;
  readonly refusals: RefusalStrategy;
  /** Set if clients cannot answer the codec's pings: the transport pings them, too. */
  readonly isOneWay?: true;
  /** Default: the codes and reasons of `CLOSES`. */
  readonly closes?: CloseStrategy;
  /** Default: clients are notified of each join and leave. */
  readonly members?: MembersStrategy;
  /** Replies that follow the one that a subscription has begun. Default: none. */
  followStart?(start: SubscriptionStart, hasPublications: boolean): readonly Reply[];
}

/** Picks the protocol of a connection by its first frame. */
export type ProtocolChoice = (firstFrame: Frame) => Protocol;

/** How clients connect. */
export interface ConnectStrategy {
  /**
   * The connect command that precedes a client's first command. Undefined: clients send it
   * themselves, within the connect timeout.
   */
  readonly implied: ConnectCommand | undefined;
  /**
   * How the connection is closed after a connect is refused with this error. Undefined: as after
   * any other refused command.
   */
  closeRefused(error: ProtocolError): CloseKind | undefined;
}

/** A message to a client, or the end of its connection. A message that has no frame closes, too. */
export type Report = Reply | { readonly type: 'close'; readonly kind: CloseKind };

/** What happens to subscriptions that cannot continue. */
export interface GapStrategy {
  /**
   * Whether a client that subscribed in the log generation of one epoch can receive publications of
   * another generation without a notification.
   */
  canContinue(fromEpoch: string, inEpoch: string): boolean;
  /**
   * Notifies a client that publications were missed. `isServerSide`: the server made the
   * subscription, so the client cannot make it again by itself.
   */
  report(channel: string, isServerSide: boolean): Report;
  /** Notifies a client that has not refreshed its subscription in time. */
  reportExpiry(channel: string, isServerSide: boolean): Report;
}

/** What happens when commands are refused. */
export interface RefusalStrategy {
  /** The error of a command that subscribes to a channel again. Undefined: nothing happens. */
  refuseRepeated(): ProtocolError | undefined;
  /** How the connection is closed because the codec has no reply for this error. */
  closeUnanswered(error: ProtocolError): CloseKind;
  /**
   * How the connection is closed instead of refusing a subscription, if it is: for clients that would not
   * try again by themselves. Default: never.
   */
  closeSubscribe?(error: ProtocolError): CloseKind | undefined;
  /** How the connection is closed after this many refused commands in a row, if it is. */
  closeAfter(count: number): CloseKind | undefined;
}

/** A close code and its reason. */
export interface CloseReason {
  readonly code: number;
  readonly reason: string;
}

/** How connections are closed, for protocols with codes of their own. */
export interface CloseStrategy {
  /** The code and reason that the client receives. */
  translate(close: CloseReason): CloseReason;
  /** Whether a message with this code precedes it, besides on transports without close codes. */
  announces(code: number): boolean;
}

/** What clients are notified of, for protocols that do not report each client. */
export interface MembersStrategy {
  /** A view of a channel, kept while this edge has subscriptions that receive its members. */
  follow(channel: string): MembersView;
}

/** The members of a channel, as the clients of one protocol on this edge know them. */
export interface MembersView {
  /** The members have been read. Returns what clients do not know yet. */
  handleRead(members: ReadonlyMap<string, ClientInfo>): readonly MembersNotice[];
  handleChange(
    change: MembersNotice & { readonly type: 'join' | 'leave' },
  ): readonly MembersNotice[];
  /** What a new subscriber does not know, whose reply listed these members. */
  handleSubscriber(
    subscriber: ClientInfo,
    listed: ReadonlyMap<string, ClientInfo>,
  ): readonly MembersNotice[];
  /** Notices that are sent only a few times a second. */
  takeDelayed(): readonly MembersNotice[];
  /** Whether a subscriber is to be notified. */
  concerns(notice: MembersNotice, client: string): boolean;
}
