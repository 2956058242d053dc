/** What a scenario publishes as data: enough to judge each delivery by itself. */
export interface Item {
  /** 1, 2, 3… in its channel; in a last item, the sequence number of the item before it. */
  readonly seq: number;
  /** Time of publishing, in ms since 1970. */
  readonly atMs: number;
  /** Present on the item that ends a channel. It is published several times and counted never. */
  readonly isLast?: true;
  /** Makes it large, where that matters. */
  readonly pad?: string;
}

/** Reads a publication as the seed wire and plain SSE deliver it; null when it is no item. */
export function parseItem(text: string): Item | null {
  if (!text.startsWith('{"seq":')) return null;
  const item: Item = JSON.parse(text);
  return item;
}
