import type { ContenderInfo } from '../result.js';

/** What can fairly be measured beside one another. */
export const CLASSES = ['memory', 'redis', 'links', 'proxy', 'seed', 'raw'] as const;
export type ClassId = (typeof CLASSES)[number];

/** As in headings and tables. */
export const CLASS_TITLES: Readonly<Record<ClassId, string>> = {
  memory: 'One process, in memory',
  redis: 'With Redis',
  links: 'Over links, without Redis',
  proxy: 'Behind Nginx',
  seed: 'In memory, on the seed wire',
  raw: 'The limit (no peer: it keeps nothing and promises nothing)',
};

/** By the words in its id: `newswire-redis-nginx` is behind a proxy, whatever else it has. */
export function classOf({ id, kind }: ContenderInfo): ClassId {
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

/** The classes that anyone is in, newswire before its peers. */
export function groupByClass(contenders: readonly ContenderInfo[]): readonly ClassGroup[] {
  const groups = CLASSES.map((id) => {
    const members = contenders.filter((contender) => classOf(contender) === id);
    const [ours, others] = [true, false].map((isOurs) =>
      members.filter(({ kind }) => (kind === 'newswire') === isOurs),
    );
    return { id, title: CLASS_TITLES[id], contenders: [...(ours ?? []), ...(others ?? [])] };
  });
  return groups.filter((group) => group.contenders.length > 0);
}
