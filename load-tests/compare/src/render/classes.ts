import type { ContenderInfo } from '../result.js';

/** What can fairly be measured beside one another, in the order of tables, with its heading. */
export const CLASS_TITLES = {
  memory: 'One process, in memory',
  redis: 'With Redis',
  links: 'Over links, without Redis',
  proxy: 'Behind Nginx',
  seed: 'In memory, on the seed protocol',
  raw: 'The limit (no peer: it keeps nothing and promises nothing)',
} as const;

export type ClassId = keyof typeof CLASS_TITLES;

/** By the words in its id: `newswire-redis-nginx` is behind a proxy, although it also has a Redis. */
export function classify({ id, kind }: ContenderInfo): ClassId {
  if (kind === 'raw') return 'raw';
  const words = id.split('-');
  if (words.includes('nginx')) return 'proxy';
  if (words.includes('redis')) return 'redis';
  if (words.includes('seed')) return 'seed';
  return words.includes('delegate') ? 'links' : 'memory';
}

export interface ClassGroup {
  readonly id: ClassId;
  readonly title: string;
  readonly contenders: readonly ContenderInfo[];
}

/** The classes that have members, newswire before its peers. */
export function groupByClass(contenders: readonly ContenderInfo[]): readonly ClassGroup[] {
  const oursFirst = contenders.toSorted(
    (a, b) => Number(b.kind === 'newswire') - Number(a.kind === 'newswire'),
  );
  return Object.entries(CLASS_TITLES)
    .map(([id, title]) => ({
      id: id as ClassId,
      title,
      contenders: oursFirst.filter((contender) => classify(contender) === id),
    }))
    .filter((group) => group.contenders.length > 0);
}
