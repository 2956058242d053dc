import { setTimeout as delay } from 'node:timers/promises';
import { checkChannelName, toJsonLine } from '@newswire/protocol';
import type { Command } from 'commander';
import {
  newCommand,
  UsageError,
  type CommandContext,
  type Execute,
  type RunCommand,
} from './command.js';
import { DEFAULT_CHANNEL } from './publish-command.js';
import { Publisher, PublishError } from './publisher.js';

const MAX_RATE = 10_000;
const REPORT_INTERVAL_MS = 5000;

interface Plan {
  /** Publications a second, over all channels together. */
  readonly rate: number;
  readonly channels: readonly string[];
  readonly count: number;
}

/**
 * `newswire simulate`: publishes made-up news at a steady rate until Ctrl-C, or `--count`
 * publications.
 */
export function simulateCommand(execute: Execute): Command {
  const command = newCommand(
    'simulate',
    '[--rate N] [--channels A,B] [--count N]',
    'Publishes simulated news, N publications per second.',
  )
    .option('--rate <N>', 'publications per second, over all channels together', '2')
    .option('--channels <A,B>', 'the channels, in turn', `${DEFAULT_CHANNEL},77708`)
    .option('--count <N>', 'the number of publications (default: until Ctrl-C)');
  return command.action(() => execute(command, simulate));
}

interface SimulateOptions {
  readonly rate: string;
  readonly channels: string;
  readonly count?: string;
}

const simulate: RunCommand<SimulateOptions> = async ([unexpected], options, context) => {
  if (unexpected !== undefined) throw new UsageError(`Unexpected argument '${unexpected}'`);
  const plan = readPlan(options);
  const { rate, channels } = plan;
  context.note(
    `publishing ${rate} times per second to ${channels.join(', ')} at ${context.url}; press Ctrl-C to stop`,
  );
  const { published, failed } = await run(plan, context);
  context.print(`published ${published}, failed ${failed}`);
  return failed === 0 ? 0 : 1;
};

function readPlan(values: SimulateOptions): Plan {
  const rate = Number(values.rate);
  if (!(rate > 0 && rate <= MAX_RATE)) {
    throw new UsageError(`--rate must be publications per second, above 0 and up to ${MAX_RATE}`);
  }
  const count = values.count === undefined ? Infinity : Number(values.count);
  if (!(count >= 1)) throw new UsageError('--count must be 1 or more');
  const channels = values.channels.split(',');
  channels.forEach(checkChannelName);
  return { rate, channels, count };
}

async function run({ rate, channels, count }: Plan, context: CommandContext) {
  const publisher = new Publisher(context);
  const tally = { published: 0, failed: 0 };
  const underWay = new Set<Promise<void>>();
  const stop = new AbortController();
  const end = () => stop.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  const report = () => context.note(`published ${tally.published}, failed ${tally.failed}`);
  const reporter = setInterval(report, REPORT_INTERVAL_MS);
  const startMs = performance.now();
  for (let i = 0; i < count && !stop.signal.aborted; i++) {
    const waitMs = startMs + (i * 1000) / rate - performance.now();
    if (waitMs > 1) await delay(waitMs, undefined, { signal: stop.signal }).catch(() => undefined);
    if (stop.signal.aborted) break;
    const channel = channels[i % channels.length] ?? DEFAULT_CHANNEL;
    const item = publisher.publish(channel, toJsonLine(headline(Math.random))).then(
      () => void tally.published++,
      (error: unknown) => {
        if (!(error instanceof PublishError)) throw error;
        if (tally.failed++ === 0) context.note(`not published: ${error.message}`);
      },
    );
    underWay.add(item);
    void item.finally(() => underWay.delete(item));
    if (underWay.size >= MAX_UNDER_WAY) await Promise.race(underWay);
  }
  clearInterval(reporter);
  await Promise.all(underWay);
  return tally;
}

/**
 * With more unanswered publications than this the rate drops, because newswire is the slow part
 * then.
 */
const MAX_UNDER_WAY = 256;

const PLACES = ['Northport', 'Lake Arden', 'Westhaven', 'Mount Corrie', 'Elmsford', 'Saltmarsh'];

const SUBJECTS = [
  'harbour ferry',
  'city library',
  'night train',
  'weather station',
  'botanical garden',
  'school orchestra',
  'tram line 7',
  'old observatory',
];

const EVENTS = [
  'reopens after two years of repairs',
  'breaks its own visitor record',
  'is delayed by fog until noon',
  'wins the regional award',
  'gets a new home by the river',
  'will stay open all weekend',
  'is looking for volunteers',
  'celebrates its hundredth birthday',
];

/** Makes up a plausible headline. `random` returns numbers from 0 up to but not including 1. */
export function headline(random: () => number): string {
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? '';
  return `${pick(PLACES)}: ${pick(SUBJECTS)} ${pick(EVENTS)}`;
}
