import { describe, expect, test } from 'vitest';
import { ProtocolError } from './errors.js';
import { parseTagsFilter, TAGS_FILTER_LIMITS } from './tags-filter.js';

const LEAF = { key: 'k', cmp: 'eq', val: 'v' };

function refusalOf(node: unknown): ProtocolError {
  try {
    parseTagsFilter(node);
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error('not refused');
}

function nest(levels: number): object {
  return levels === 1 ? LEAF : { op: 'not', nodes: [nest(levels - 1)] };
}

describe('parseTagsFilter', () => {
  test('empty members count as missing ones, so that every encoding gives the same filter', () => {
    const filled = { op: '', key: 'k', cmp: 'eq', val: 'v', vals: [], nodes: null };
    expect(JSON.stringify(parseTagsFilter(filled))).toBe(JSON.stringify(parseTagsFilter(LEAF)));
    const several = { val: '', cmp: 'in', vals: ['b', ''], key: 'k' };
    expect(parseTagsFilter(several)).toEqual({ op: '', key: 'k', cmp: 'in', vals: ['b', ''] });
    expect(parseTagsFilter({ op: 'and', nodes: [LEAF, { key: 'x', cmp: 'nex' }] })).toEqual({
      op: 'and',
      nodes: [
        { op: '', ...LEAF },
        { op: '', key: 'x', cmp: 'nex' },
      ],
    });
  });

  test.each([
    [1],
    [[]],
    [{}],
    [{ op: 'xor', nodes: [LEAF] }],
    [{ op: 'and' }],
    [{ op: 'and', nodes: {} }],
    [{ op: 'and', nodes: [] }],
    [{ op: 'and', nodes: [null] }],
    [{ op: 'and', nodes: [LEAF], key: 'k' }],
    [{ op: 'and', nodes: [LEAF], vals: ['v'] }],
    [{ op: 'not', nodes: [LEAF, LEAF] }],
    [{ key: 'k' }],
    [{ key: 'k', cmp: 'like', val: 'v' }],
    [{ key: 'k', cmp: 'toString', val: 'v' }],
    [{ cmp: 'eq', val: 'v' }],
    [{ cmp: 'ex' }],
    [{ key: 'k', cmp: 'eq' }],
    [{ key: 'k', cmp: 'eq', val: 1 }],
    [{ key: 'k', cmp: 'eq', val: 'v', vals: ['v'] }],
    [{ key: 'k', cmp: 'in' }],
    [{ key: 'k', cmp: 'in', vals: 'v' }],
    [{ key: 'k', cmp: 'in', vals: [1] }],
    [{ key: 'k', cmp: 'in', vals: ['v'], val: 'v' }],
    [{ key: 'k', cmp: 'ex', val: 'v' }],
    [{ ...LEAF, nodes: [LEAF] }],
    [{ ...LEAF, negate: true }],
  ])('%j is not valid: 107', (node) => {
    expect(refusalOf(node)).toMatchObject({ code: 107 });
  });

  test('the limits are allowed, and one more is refused with 106', () => {
    const { depth, nodes, values, textLength } = TAGS_FILTER_LIMITS;
    const list = (length: number) => Array.from({ length }, () => LEAF);
    const allowed = [
      nest(depth),
      { op: 'or', nodes: list(nodes - 1) },
      { key: 'k', cmp: 'in', vals: Array<string>(values).fill('v') },
      { key: 'k', cmp: 'eq', val: 'v'.repeat(textLength) },
    ];
    for (const node of allowed) expect(() => parseTagsFilter(node)).not.toThrow();
    const refused = [
      nest(depth + 1),
      { op: 'or', nodes: list(nodes) },
      { key: 'k', cmp: 'nin', vals: Array<string>(values + 1).fill('v') },
      { key: 'k', cmp: 'eq', val: 'v'.repeat(textLength + 1) },
      { key: 'k'.repeat(textLength + 1), cmp: 'ex' },
      nest(2000),
    ];
    for (const node of refused) expect(refusalOf(node)).toMatchObject({ code: 106 });
  });
});
