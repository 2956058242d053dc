import { ProtocolError, rawMember, type TagsFilter } from '@newswire/protocol';
import { compareDecimals } from './decimal.js';

type TagValues = ReadonlyMap<string, string>;

type Predicate = (tags: TagValues) => boolean;

const NO_TAGS: TagValues = new Map();

/** What the channel's filters need of a publication, kept with it. */
export interface FilterResults {
  readonly tags: TagValues;
  readonly matches: Map<ChannelFilter, boolean>;
}

/** A publication that remembers the results of filters. */
interface Filtered {
  readonly extra?: string;
  filterResults: FilterResults | undefined;
}

/** A filter that subscriptions of one channel share. It judges each publication once. */
export class ChannelFilter {
  /** Unique among the filters of its channel, past ones included. */
  readonly id: number;
  /** Equal for equal filters. */
  readonly key: string;
  readonly #predicate: Predicate;
  /** The most results that a publication keeps. */
  readonly #maxResults: number;

  constructor(filter: TagsFilter, id: number, maxResults: number) {
    this.id = id;
    this.key = JSON.stringify(filter);
    this.#predicate = compile(filter);
    this.#maxResults = maxResults;
  }

  matches(publication: Filtered): boolean {
    publication.filterResults ??= { tags: parseTags(publication), matches: new Map() };
    const { tags, matches } = publication.filterResults;
    let isMatch = matches.get(this);
    if (isMatch === undefined) {
      // Results of filters that are no longer in use would stay as long as the publication.
      if (matches.size >= this.#maxResults) matches.clear();
      isMatch = this.#predicate(tags);
      matches.set(this, isMatch);
    }
    return isMatch;
  }

  select<P extends Filtered>(publications: readonly P[]): readonly P[] {
    return publications.filter((each) => this.matches(each));
  }
}

/** The filters of one channel's subscriptions: equal filters share one object. */
export class ChannelFilters {
  readonly #max: number;
  readonly #uses = new Map<string, { readonly filter: ChannelFilter; count: number }>();
  #lastId = 0;

  /** `max`: of different filters at a time. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Throws ProtocolError (106) if the channel has too many different filters. */
  use(filter: TagsFilter): ChannelFilter {
    const key = JSON.stringify(filter);
    let use = this.#uses.get(key);
    if (use === undefined) {
      if (this.#uses.size >= this.#max) {
        const detail = `the channel has ${this.#max} different tags filters already`;
        throw new ProtocolError('limitExceeded', detail);
      }
      use = { filter: new ChannelFilter(filter, ++this.#lastId, 2 * this.#max), count: 0 };
      this.#uses.set(key, use);
    }
    use.count++;
    return use.filter;
  }

  release({ key }: ChannelFilter): void {
    const use = this.#uses.get(key);
    if (use !== undefined && --use.count === 0) this.#uses.delete(key);
  }
}

function parseTags({ extra }: Filtered): TagValues {
  if (extra === undefined || !extra.includes('"tags"')) return NO_TAGS;
  const tags = rawMember(`{${extra}}`, 'tags');
  if (tags === undefined) return NO_TAGS;
  return new Map(Object.entries(JSON.parse(tags) as Readonly<Record<string, string>>));
}

/** The filter as a function, so that nothing of the tree is interpreted again per publication. */
function compile(filter: TagsFilter): Predicate {
  switch (filter.op) {
    case 'and': {
      const parts = filter.nodes.map(compile);
      return (tags) => parts.every((part) => part(tags));
    }
    case 'or': {
      const parts = filter.nodes.map(compile);
      return (tags) => parts.some((part) => part(tags));
    }
    case 'not': {
      const parts = filter.nodes.map(compile);
      return (tags) => !parts.some((part) => part(tags));
    }
    case '':
      return compileLeaf(filter);
  }
}

function compileLeaf(leaf: Extract<TagsFilter, { readonly op: '' }>): Predicate {
  const { key } = leaf;
  switch (leaf.cmp) {
    case 'ex':
      return (tags) => tags.has(key);
    case 'nex':
      return (tags) => !tags.has(key);
    case 'in':
    case 'nin': {
      const values = new Set(leaf.vals);
      const isIn = leaf.cmp === 'in';
      // As in Centrifuge, a missing tag counts as an empty one here.
      return (tags) => values.has(tags.get(key) ?? '') === isIn;
    }
    case 'neq':
      return (tags) => tags.get(key) !== leaf.val;
    default: {
      const holds = compare(leaf.cmp, leaf.val);
      return (tags) => {
        const value = tags.get(key);
        return value !== undefined && holds(value);
      };
    }
  }
}

function compare(
  cmp: 'eq' | 'sw' | 'ew' | 'ct' | 'gt' | 'gte' | 'lt' | 'lte',
  val: string,
): (value: string) => boolean {
  switch (cmp) {
    case 'eq':
      return (value) => value === val;
    case 'sw':
      return (value) => value.startsWith(val);
    case 'ew':
      return (value) => value.endsWith(val);
    case 'ct':
      return (value) => value.includes(val);
    case 'gt':
      return (value) => compareDecimals(value, val) > 0;
    case 'gte':
      return (value) => compareDecimals(value, val) >= 0;
    case 'lt':
      return (value) => compareDecimals(value, val) < 0;
    case 'lte':
      return (value) => compareDecimals(value, val) <= 0;
  }
}
