import type { Broker, Control, Presence, readHistory } from '@newswire/broker';
import type { NamespaceOptions } from '@newswire/runtime';

/**
 * One method: a request's parameters, parsed and as the JSON text they were parsed from, to its
 * result. Throws ProtocolError, or rejects with it.
 */
export type ApiMethod = (params: unknown, text: string) => Promise<unknown>;

/** What the methods work with. */
export interface ApiParts {
  readonly broker: Broker;
  readonly control: Control;
  readonly presence: Pick<Presence, 'members' | 'stats'>;
  readonly readHistory: typeof readHistory;
  /** Throws error 102 for a channel of a namespace that there is not. */
  readonly optionsOf: (channel: string) => Pick<NamespaceOptions, 'presence' | 'wildcard'>;
  /** The largest publication, in UTF-8 bytes of its data's JSON text. */
  readonly maxDataBytes: number;
  /** Hears of what went wrong inside of an answer: an item of a batch or a broadcast. */
  readonly onItemError: (method: string, code: number) => void;
}
