// The suites of `bench`: newswire beside single references, loaded by turns.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Contender } from './contender.js';
import { describeContender } from './comparison.js';
import { defineContender } from './contenders/define.js';
import {
  locateStandalone,
  planEdge,
  planOverRedis,
  planRaw,
  planStandalone,
  type Measured,
} from './contenders/newswire.js';
import { centrifugeRedis, nats } from './contenders/peers.js';
import type { Lineup } from './lineup.js';
import type { BenchOptions, SuiteName } from './options.js';
import { pickFigures } from './render/figures.js';
import { formatCount, joinParagraphs } from './render/format.js';
import { formatMatrix, formatPointTables, listWarnings } from './render/tables.js';
import { CPU, DELIVERIES, P99, type Measure } from './render/works.js';
import type { ByContender, IdleResult } from './result.js';
import { load } from './system/generator.js';
import { describeMissing } from './system/programs.js';
import type { Layout, Ports, System } from './system/system.js';
import { measurePoints, type PointsPlan } from './works/points.js';
import { takeTurns, type Stage } from './works/work.js';

/** What a suite is measured with, whichever contenders take part. */
type BenchStage = Omit<Stage, 'contenders'>;

interface SuiteResult {
  /** Tables and warnings. */
  readonly text: string;
  readonly failures: readonly string[];
  /** For the file in results/. */
  readonly data: unknown;
}

/** One question that the benchmark answers. */
interface Suite {
  readonly title: string;
  /** Why it cannot be measured here, in a sentence; empty when it can. */
  readonly obstacle?: (options: BenchOptions) => string;
  readonly measure: (options: BenchOptions, stage: BenchStage) => Promise<SuiteResult>;
}

/** What connecting a thousand clients leaves behind takes its share of a single second. */
const LONG_TIMES = 5;
const OPEN_LOOP_ROUNDS = 3;
const IDLE_ROUNDS = 3;
const IDLE_LIMIT_MS = 120_000;
/** A server has finished with closed connections by then. */
const CLOSED_MS = 1000;
/** An app with the key that the generator's subscribers name. */
const APPS_FILE = fileURLToPath(new URL('../pusher-apps.json', import.meta.url));
const TABLE_STYLE = { isAligned: true };

/** A core that has no time left is the limit; where neither is near 1, the programs waited for one another. */
const CORES: readonly Measure[] = [
  { label: "share of the server's core", pick: (r) => r.server_cpu_share },
  {
    label: 'share of the other core',
    pick: (r) => r.generator_cpu_share + (r.other_cpu_share ?? 0),
  },
  { label: "the generator's part of that", pick: (r) => r.generator_cpu_share },
];
const BYTES: Measure = {
  label: 'bytes per delivery',
  better: 'less',
  pick: (r) => r.bytes_per_delivery,
};
const LATENCIES: readonly Measure[] = [
  { label: 'p50 of latency, ms', better: 'less', pick: (r) => r.latency_ms.p50 },
  P99,
  { label: 'longest latency, ms', better: 'less', pick: (r) => r.latency_ms.max },
];

function defineServer(name: string, plan: (ports: Ports) => Layout): Contender {
  const kind = name === 'newswire' ? 'newswire' : 'peer';
  return defineContender({ id: name, name, kind, about: '', versions: [], plan });
}

const chooseMeasured = ({ checkout, protocol, server }: BenchOptions): Measured => ({
  checkout,
  protocol,
  standalone: server ?? locateStandalone(checkout),
});

function defineStandalone(options: BenchOptions, protocol = options.protocol): Contender {
  return defineServer('newswire', planStandalone(chooseMeasured(options).standalone, protocol));
}

const defineRaw = (protocol: string) => defineServer('raw', planRaw(protocol));

/** newswire itself, with subscribers on another protocol. */
function defineOther(options: BenchOptions, protocol: string): Contender {
  return defineServer(protocol, planStandalone(chooseMeasured(options).standalone, protocol));
}

/** Of the same class as newswire in these suites, so that there is a ratio. */
const CENTRIFUGE: Contender = { ...centrifugeRedis, id: 'centrifuge' };

interface PointsSuite extends Omit<Suite, 'measure'> {
  readonly axis?: string;
  readonly measures?: readonly Measure[];
  readonly plan: (options: BenchOptions) => PointsPlan;
  /** newswire and its references. */
  readonly contenders: (options: BenchOptions) => readonly Contender[];
}

/** Measures newswire and its references, where they are here. */
function definePointsSuite(suite: PointsSuite): Suite {
  const { axis = 'messages in flight', measures = [DELIVERIES, CPU, P99] } = suite;
  return {
    ...suite,
    measure: async (options, stage) => {
      const all = suite.contenders(options);
      const infos = await Promise.all(all.map(describeContender));
      const contenders = all.filter((each) => each.obstacle() === '');
      const points = await measurePoints({ ...stage, contenders }, suite.plan(options));
      const table = { axis, formatAt: formatCount, measures: [...measures, ...CORES] };
      const runs = points.flatMap(({ at, by }) =>
        contenders.map(({ id }) => ({ name: `${id} at ${at}`, results: by[id]?.rounds ?? [] })),
      );
      const missing = infos.filter(({ obstacle }) => obstacle !== '');
      const text = joinParagraphs([
        ...formatPointTables(points, table, infos, TABLE_STYLE),
        ...missing.map(({ obstacle }) => `No ratio: ${obstacle}.`),
        ...listWarnings(runs),
      ]);
      const failures = points.flatMap(({ at, by }) => listFailures(by, ` at ${at}`));
      return { text, failures, data: points };
    },
  };
}

function listFailures(by: ByContender<unknown>, where: string): readonly string[] {
  return Object.entries(by).flatMap(([id, { failure }]) =>
    failure === '' ? [] : [`${id}${where}: ${failure}`],
  );
}

/** Closed loops with so many messages in flight to subscribers of one channel. */
function planWindows({ windows, settings }: BenchOptions, own: readonly number[]): PointsPlan {
  const { rounds, seconds, connections, isShort } = settings;
  const all = (windows ?? (isShort ? [1, 64] : own)).map((window) => ({
    at: window,
    // No limit of unanswered requests: the window is the limit.
    args: ['--connections', connections, '--size', 64, '--window', window, '--pipeline', 0],
  }));
  return { rounds, seconds, all };
}

const planAllWindows = (options: BenchOptions) =>
  planWindows(options, [1, 16, 32, 33, 48, 64, 256]);
const planFewWindows = (options: BenchOptions) => planWindows(options, [1, 16, 64, 256]);

/** A subscriber each on many channels; each publishing connection waits for its answers, as HTTP clients do. */
function planChannels({ windows, settings }: BenchOptions): PointsPlan {
  const { rounds, seconds, connections, isShort } = settings;
  // The last one is as many as all publishers together can have on their way.
  const own = isShort ? [64] : [16, 64, 256, connections];
  const all = (windows ?? own).map((window) => {
    const publishers = ['--publishers', Math.min(window, connections), '--pipeline', 1];
    const channels = ['--connections', connections, '--channels', connections];
    return { at: window, args: [...channels, '--size', 64, '--window', window, ...publishers] };
  });
  return { rounds, seconds: seconds * (isShort ? 1 : LONG_TIMES), all };
}

function planOpenLoop({ rate, settings }: BenchOptions): PointsPlan {
  const { rounds, seconds, connections, isShort } = settings;
  const args = ['--connections', connections, '--size', 64, '--rate', rate];
  return {
    rounds: isShort ? 1 : Math.min(rounds, OPEN_LOOP_ROUNDS),
    seconds: seconds * (isShort ? 1 : LONG_TIMES),
    all: [{ at: rate, args }],
  };
}

interface Weight extends IdleResult {
  /** As `connect_cpu_us`, when the same connections come for the third time. */
  readonly again_cpu_us: number;
}

/** Much of what the first connections cost is compilation, so all of them connect twice more. */
async function weigh(system: System, connections: number): Promise<Weight> {
  const connect = (settle: number) => {
    const args = ['--idle', '--settle', settle, '--connections', connections];
    return load<IdleResult>(system, args, IDLE_LIMIT_MS);
  };
  const first = await connect(2);
  let again = first;
  for (let time = 0; time < 2; time += 1) {
    await wait(CLOSED_MS);
    again = await connect(0.1);
  }
  return { ...first, again_cpu_us: again.connect_cpu_us };
}

function formatWeights(by: ByContender<Weight>, infos: Parameters<typeof formatMatrix>[0]): string {
  const column = (head: string, key: keyof Weight) =>
    ({ head, by: pickFigures(by, (round) => round[key]), better: 'less' }) as const;
  const columns = [
    column('memory, KiB', 'kib_per_connection'),
    column('connecting and subscribing, µs of CPU', 'connect_cpu_us'),
    column('the same, the third time', 'again_cpu_us'),
  ];
  return formatMatrix(infos, columns, TABLE_STYLE);
}

/** Memory and CPU of connections that only stand, to a fresh process: a load leaves memory behind that would hide theirs. */
async function measureIdle(options: BenchOptions, stage: BenchStage): Promise<SuiteResult> {
  const { idleConnections, isShort, rounds } = stage.settings;
  const texts: string[] = [];
  const data: Record<string, ByContender<Weight>> = {};
  for (const protocol of ['seed', 'centrifuge']) {
    const isCompared = protocol === 'centrifuge' && centrifugeRedis.obstacle() === '';
    const peers = isCompared ? [CENTRIFUGE] : [];
    const contenders = [defineStandalone(options, protocol), defineRaw(protocol), ...peers];
    const [ours, ...others] = await Promise.all(contenders.map(describeContender));
    const by = await takeTurns(
      { ...stage, contenders },
      isShort ? 1 : Math.min(rounds, IDLE_ROUNDS),
      (contender) => stage.lineup.runFresh(contender, (system) => weigh(system, idleConnections)),
    );
    data[protocol] = by;
    // A table with each reference: newswire's ratio is to the best peer of a table.
    const tables = others.map((other) => formatWeights(by, ours ? [ours, other] : [other]));
    texts.push(`${idleConnections} connections on the ${protocol} protocol:`, ...tables);
  }
  const failures = Object.values(data).flatMap((by) => listFailures(by, ''));
  return { text: joinParagraphs(texts), failures, data };
}

const needsRedis = () => describeMissing({ programs: ['redis-server'] });

export const suites: Readonly<Record<SuiteName, Suite>> = {
  'fan-out': definePointsSuite({
    title: 'One process beside a raw uWebSockets.js server, one core each',
    plan: planAllWindows,
    contenders: (options) => [defineStandalone(options), defineRaw(options.protocol)],
  }),
  'centrifuge-protocol': definePointsSuite({
    title:
      'One process on the Centrifuge protocol beside a raw server that sends the same joined frames',
    plan: planFewWindows,
    contenders: (options) => [defineStandalone(options, 'centrifuge'), defineRaw('centrifuge')],
  }),
  protobuf: definePointsSuite({
    title: "One process, with subscribers on Centrifuge's protocol in Protobuf and in JSON",
    measures: [DELIVERIES, CPU, BYTES],
    plan: (options) => planWindows(options, [64, 256]),
    contenders: (options) => [
      defineStandalone(options, 'centrifuge-protobuf'),
      defineOther(options, 'centrifuge'),
    ],
  }),
  pusher: definePointsSuite({
    title: "One process, with subscribers on Pusher's protocol and on the seed protocol",
    measures: [DELIVERIES, CPU, BYTES],
    plan: (options) => planWindows(options, [64]),
    contenders: (options) => {
      const { standalone } = chooseMeasured(options);
      const env = { NEWSWIRE_PUSHER_APPS: APPS_FILE };
      return [
        defineServer('newswire', planStandalone(standalone, 'pusher', env)),
        defineOther(options, 'seed'),
      ];
    },
  }),
  'redis-edge': definePointsSuite({
    title: 'An edge fed by Redis, alone on its core, beside a raw uWebSockets.js server on it',
    obstacle: needsRedis,
    plan: planFewWindows,
    contenders: (options) => [
      defineServer('newswire', planEdge(chooseMeasured(options))),
      defineRaw(options.protocol),
    ],
  }),
  'open-loop': definePointsSuite({
    title: 'At a fixed rate, one process on one core, beside a NATS server over WebSocket',
    axis: 'messages a second',
    measures: [DELIVERIES, ...LATENCIES],
    plan: planOpenLoop,
    contenders: (options) => [defineStandalone(options), nats],
  }),
  channels: definePointsSuite({
    title:
      'A subscriber each on many channels, published to by HTTP: center, Redis and edge on one core, ' +
      'beside a Centrifuge server and Redis on one core',
    obstacle: needsRedis,
    plan: planChannels,
    contenders: (options) => [
      defineServer('newswire', planOverRedis(chooseMeasured(options))),
      CENTRIFUGE,
    ],
  }),
  checkouts: definePointsSuite({
    title: "One process beside another checkout's",
    obstacle: ({ beside }) => {
      if (beside === undefined) return '--beside DIR is not given';
      return existsSync(locateStandalone(beside)) ? '' : 'nothing is built in the other checkout';
    },
    plan: planAllWindows,
    contenders: (options) => {
      const script = locateStandalone(options.beside ?? '');
      return [
        defineStandalone(options),
        defineServer('other', planStandalone(script, options.protocol)),
      ];
    },
  }),
  idle: {
    title: 'What an idle connection costs',
    obstacle: ({ settings }) => (settings.idleConnections === 0 ? '--idle is 0' : ''),
    measure: measureIdle,
  },
};

interface BenchRun {
  readonly options: BenchOptions;
  readonly lineup: Lineup;
  /** Where the JSON of each suite goes; ends with a slash. */
  readonly directory: string;
  readonly say: (line: string) => void;
}

/** Measures one suite after another, and prints each. Resolves with whether no server failed. */
export async function runBench({ options, lineup, directory, say }: BenchRun): Promise<boolean> {
  const { standalone } = chooseMeasured(options);
  if (!existsSync(standalone))
    throw new Error(`${standalone} is not there: run \`make build\` first`);
  let hasFailed = false;
  for (const name of options.suites) {
    const { title, obstacle, measure } = suites[name];
    const print = (...parts: string[]) =>
      void process.stdout.write(`${joinParagraphs([`## ${name}`, `${title}.`, ...parts])}\n\n`);
    const why = obstacle?.(options) ?? '';
    if (why !== '') {
      print(`Not measured: ${why}.`);
      continue;
    }
    say(name);
    const stage = { lineup, settings: options.settings, say: (line: string) => say(`  ${line}`) };
    try {
      const { text, failures, data } = await measure(options, stage);
      await mkdir(directory, { recursive: true });
      await writeFile(`${directory}${name}.json`, `${JSON.stringify({ options, data })}\n`);
      print(text, ...failures.map((failure) => `**FAILED**: ${failure}`));
      hasFailed ||= failures.length > 0;
    } finally {
      await lineup.stopAll();
    }
  }
  return !hasFailed;
}
