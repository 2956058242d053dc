import type { SubscriptionVerdict, ReportedGap, Verdict } from '../ledger/index.js';
import type { DurationSummary } from './durations.js';
import type { LoadStatistics } from './load-statistics.js';
import type { PublisherFigures } from './publisher.js';

/** A gap, with the subscriber that was notified of it. */
export interface Gap extends ReportedGap {
  readonly subscriber: string;
  readonly channel: string;
}

/** The counts of all clients of one kind. */
export interface ClientFigures {
  readonly delivered: number;
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
  readonly skipped: number;
  /** The other events that they received, by name. */
  readonly counts: Readonly<Record<string, number>>;
  readonly outages: DurationSummary;
  readonly catchUps: DurationSummary;
  readonly latencies: DurationSummary;
}

/** The result of a load: plain data that can be sent between processes. */
export interface LoadFigures {
  readonly publisher: PublisherFigures;
  readonly verdict: Omit<Verdict, 'subscriptions' | 'channels'>;
  readonly kinds: Readonly<Record<'clients' | 'slow' | 'seeds', ClientFigures>>;
  readonly gaps: readonly Gap[];
  /** The first few faults, in words. */
  readonly faults: readonly string[];
  readonly generations: number;
  readonly rssMiB: number;
}

type Statistics = Record<'clients' | 'slow' | 'seeds', LoadStatistics>;

/** Maximum number of reported faults of each kind. */
const MAX_FAULTS = 10;

export function buildFigures(
  { subscriptions, channels, ...verdict }: Verdict,
  publisher: PublisherFigures,
  statistics: Statistics,
): LoadFigures {
  const gaps = subscriptions.flatMap(({ subscriber, channel, gaps: told }) =>
    told.map((gap) => ({ ...gap, subscriber, channel })),
  );
  const kind = (name: keyof Statistics) =>
    clientFigures(
      subscriptions.filter(({ subscriber }) => subscriber.startsWith(name)),
      statistics[name],
    );
  const conflicts = channels.flatMap((each) =>
    each.conflicts.map((what) => `${each.channel}: ${what}`),
  );
  const faults = [...conflicts.slice(0, MAX_FAULTS), ...samples(subscriptions.flatMap(describe))];
  return {
    publisher,
    verdict,
    kinds: { clients: kind('clients'), slow: kind('slow'), seeds: kind('seeds') },
    gaps,
    faults,
    generations: channels.reduce((sum, { generations }) => sum + generations, 0),
    rssMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
  };
}

function clientFigures(
  rows: readonly SubscriptionVerdict[],
  { counts, outages, catchUps, latencies }: LoadStatistics,
): ClientFigures {
  const sum = (key: 'delivered' | 'lost' | 'doubled' | 'reordered' | 'skipped') =>
    rows.reduce((total, row) => total + row[key], 0);
  return {
    delivered: sum('delivered'),
    lost: sum('lost'),
    doubled: sum('doubled'),
    reordered: sum('reordered'),
    skipped: sum('skipped'),
    counts,
    outages: outages.summary(),
    catchUps: catchUps.summary(),
    latencies: latencies.summary(),
  };
}

function describe({ subscriber, channel, details }: SubscriptionVerdict): Fault[] {
  return details.map((what) => ({
    sort: what.slice(0, what.indexOf(' ')),
    text: `${subscriber} on ${channel}: ${what}`,
  }));
}

interface Fault {
  /** `lost`, `doubled` and so on. */
  readonly sort: string;
  readonly text: string;
}

/** The first few of each kind. */
function samples(faults: readonly Fault[]): string[] {
  const counts = new Map<string, number>();
  return faults.flatMap(({ sort, text }) => {
    const count = (counts.get(sort) ?? 0) + 1;
    counts.set(sort, count);
    return count <= MAX_FAULTS ? [text] : [];
  });
}
