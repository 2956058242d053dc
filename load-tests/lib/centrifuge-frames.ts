import type { Item } from './judge.ts';

/** Where a subscriber stands on a channel. */
export interface Position {
  readonly offset: number;
  readonly epoch: string;
}

export interface Publication {
  /** Left out by the server where it is 0. */
  readonly offset?: number;
  readonly data: Item;
}

/** What the server says on the Centrifuge protocol, as far as scenarios care. */
export interface Message {
  readonly id?: number;
  readonly error?: { readonly code: number; readonly message: string };
  readonly subscribe?: {
    readonly offset?: number;
    readonly epoch?: string;
    readonly recovered?: boolean;
    readonly was_recovering?: boolean;
    readonly publications?: readonly Publication[];
  };
  readonly push?: {
    readonly channel: string;
    readonly pub?: Publication;
    readonly unsubscribe?: { readonly code: number };
  };
}

/** The server's ping, and the client's answer. */
export const PING = '{}';

/** A frame's messages: one a line. */
export function* messagesIn(frame: string): Generator<Message> {
  for (const line of frame.split('\n')) {
    if (line !== '') yield JSON.parse(line) as Message;
  }
}

export function isPing(message: Message): boolean {
  return Object.keys(message).length === 0;
}

export function connectCommand(): string {
  return JSON.stringify({ id: 1, connect: {} });
}

/** Subscribes, from the position if there is one. */
export function subscribeCommand(id: number, channel: string, position?: Position): string {
  return JSON.stringify({
    id,
    subscribe: { channel, ...(position && { ...position, recover: true }) },
  });
}
