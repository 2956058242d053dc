import type { BlockList, Broker, Control, Presence, readHistory } from '@newswire/broker';
import type { NamespaceOptions } from '@newswire/runtime';

/**
 * One method. Takes a request's parameters, parsed and as their JSON text, and returns its
 * result. Throws or rejects with ProtocolError.
 */
export type ApiMethod = (params: unknown, text: string) => Promise<unknown>;

/** The dependencies of the methods. */
export interface ApiParts {
  readonly broker: Broker;
  readonly control: Control;
  readonly blockList: BlockList;
  readonly presence: Pick<Presence, 'members' | 'stats'>;
  readonly readHistory: typeof readHistory;
  /** Throws error 102 for a channel of an unknown namespace. */
  readonly getOptions: (channel: string) => Pick<NamespaceOptions, 'presence' | 'wildcard'>;
  /** Maximum size of a publication, in UTF-8 bytes of its data's JSON text. */
  readonly maxDataBytes: number;
  /** Receives errors inside an answer: those of an item of a batch or a broadcast. */
  readonly onItemError: (method: string, code: number) => void;
}
