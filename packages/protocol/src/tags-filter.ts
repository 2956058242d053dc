import { ProtocolError } from './errors.js';
import { isRecord } from './record.js';

/** How a leaf of a tags filter compares a tag: Centrifugo's names. */
const COMPARISONS = {
  one: ['eq', 'neq', 'sw', 'ew', 'ct', 'gt', 'gte', 'lt', 'lte'],
  several: ['in', 'nin'],
  none: ['ex', 'nex'],
} as const;

export type TagComparison =
  | { readonly cmp: (typeof COMPARISONS.one)[number]; readonly val: string }
  | { readonly cmp: (typeof COMPARISONS.several)[number]; readonly vals: readonly string[] }
  | { readonly cmp: (typeof COMPARISONS.none)[number] };

/**
 * Selects a channel's publications by their tags. A tree: its leaves compare one tag, its other
 * nodes combine what is below them. `not` has one node.
 */
export type TagsFilter =
  | { readonly op: 'and' | 'or' | 'not'; readonly nodes: readonly TagsFilter[] }
  | ({ readonly op: ''; readonly key: string } & TagComparison);

/** The most levels, nodes, listed values and characters of a text that a filter may have. */
export const TAGS_FILTER_LIMITS = { depth: 8, nodes: 64, values: 256, textLength: 256 };

const MEMBERS = ['op', 'key', 'cmp', 'val', 'vals', 'nodes'];

/**
 * Checks a client's filter: Centrifuge's FilterNode, in which empty members may be missing or null.
 * Equal filters give equal trees. Throws ProtocolError: 107 for a filter that is not valid, 106 for
 * one beyond the limits.
 */
export function parseTagsFilter(node: unknown): TagsFilter {
  return new FilterParser().parse(node, 1);
}

class FilterParser {
  #nodes = 0;
  #values = 0;

  parse(node: unknown, depth: number): TagsFilter {
    if (!isRecord(node)) throw invalid('each node must be an object');
    const unknown = Object.keys(node).find((name) => !MEMBERS.includes(name));
    if (unknown !== undefined) throw invalid(`unknown member ${unknown.slice(0, 32)}`);
    this.#nodes++;
    checkLimit(depth, TAGS_FILTER_LIMITS.depth, 'levels');
    checkLimit(this.#nodes, TAGS_FILTER_LIMITS.nodes, 'nodes');
    const op = readText(node, 'op');
    switch (op) {
      case 'and':
      case 'or':
      case 'not':
        return { op, nodes: this.#parseNodes(op, node, depth) };
      case '':
        return this.#parseLeaf(node);
      default:
        throw invalid(`op must be and, or, not or empty`);
    }
  }

  #parseNodes(op: string, node: Readonly<Record<string, unknown>>, depth: number): TagsFilter[] {
    for (const name of ['key', 'cmp', 'val']) {
      if (readText(node, name) !== '') throw invalid(`${op} must not have ${name}`);
    }
    if (readList(node, 'vals').length > 0) throw invalid(`${op} must not have vals`);
    const nodes = readList(node, 'nodes');
    if (nodes.length === 0) throw invalid(`${op} needs nodes`);
    if (op === 'not' && nodes.length > 1) throw invalid('not needs exactly one node');
    return nodes.map((each) => this.parse(each, depth + 1));
  }

  #parseLeaf(node: Readonly<Record<string, unknown>>): TagsFilter {
    const key = readText(node, 'key');
    const cmp = readText(node, 'cmp');
    const val = readText(node, 'val');
    const vals = readList(node, 'vals');
    if (readList(node, 'nodes').length > 0) throw invalid('a comparison must not have nodes');
    if (key === '') throw invalid('a comparison needs a key');
    const leaf = { op: '', key } as const;
    if (isOneOf(COMPARISONS.one, cmp)) {
      if (val === '' || vals.length > 0) throw invalid(`${cmp} needs val, and no vals`);
      return { ...leaf, cmp, val };
    }
    if (isOneOf(COMPARISONS.several, cmp)) {
      if (val !== '' || vals.length === 0) throw invalid(`${cmp} needs vals, and no val`);
      return { ...leaf, cmp, vals: this.#parseValues(vals) };
    }
    if (isOneOf(COMPARISONS.none, cmp)) {
      if (val !== '' || vals.length > 0) throw invalid(`${cmp} must have neither val nor vals`);
      return { ...leaf, cmp };
    }
    throw invalid('cmp must be a known comparison, such as eq');
  }

  #parseValues(vals: readonly unknown[]): string[] {
    this.#values += vals.length;
    checkLimit(this.#values, TAGS_FILTER_LIMITS.values, 'values');
    return vals.map((value) => checkText('vals', value));
  }
}

function isOneOf<const T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}

function readText(node: Readonly<Record<string, unknown>>, name: string): string {
  return checkText(name, node[name] ?? '');
}

function checkText(name: string, value: unknown): string {
  if (typeof value !== 'string') throw invalid(`${name} must be a string`);
  checkLimit(value.length, TAGS_FILTER_LIMITS.textLength, `characters in ${name}`);
  return value;
}

function readList(node: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const value = node[name] ?? [];
  if (!Array.isArray(value)) throw invalid(`${name} must be a list`);
  return value;
}

function checkLimit(count: number, most: number, unit: string): void {
  if (count <= most) return;
  throw new ProtocolError('limitExceeded', `a tags filter may have at most ${most} ${unit}`);
}

function invalid(detail: string): ProtocolError {
  return new ProtocolError('badRequest', `tags filter: ${detail}`);
}
