import { describe, expect, test } from 'vitest';
import { Histogram } from './histogram.ts';
import { page } from './page.ts';
import { resultOf, type RunResult, type Summary } from './result.ts';
import { SampleReader } from './samples.ts';
import { Timeline } from './timeline.ts';

const FIRST_SECOND = 1_700_000_000;
const HEADER = 'metric_name,timestamp,metric_value,scenario,extra_tags,metadata';

const none = { 'count==0': { ok: true } };
const summary: Summary = {
  metrics: {
    lost: { type: 'counter', values: { count: 2 }, thresholds: { 'count==0': { ok: false } } },
    doubled: { type: 'counter', values: { count: 0 }, thresholds: none },
    'received{wire:<seed>}': { type: 'counter', values: { count: 7 } },
    http_reqs: { type: 'counter', values: { count: 5 } },
    delivery_latency: {
      type: 'trend',
      values: { 'p(95)': 40 },
      thresholds: { 'p(95)<500': { ok: true } },
    },
  },
  settings: { subscribers: 3, baseUrl: 'http://127.0.0.1:9900', apiKey: 'hidden from all' },
  remarks: ['k6 <itself> was short of CPU.'],
  generator: { askedPerS: 300, low: 40_000, high: 80_000 },
};

const row = (metric: string, second: number, value: number) =>
  `${metric},${FIRST_SECOND + second},${value.toFixed(6)},subscribers,,`;

/** Three connections; latencies in seconds 0 and 3 only; a connection closes in second 2. */
const rows = [
  HEADER,
  ...[0, 0, 1].map((second) => row('ws_sessions', second, 1)),
  ...[10, 20, 30, 40].map((ms) => row('delivery_latency', 0, ms)),
  ...[5, 5, 250].map((ms) => row('delivery_latency', 3, ms)),
  ...[0, 0, 3].map((second) => row('published', second, 1)),
  row('ws_session_duration', 2, 1234.5),
  row('ws_msgs_received', 3, 1),
];

function readIn(chunks: readonly string[]): { timeline: Timeline; texts: string[] } {
  const timeline = new Timeline();
  const texts: string[] = [];
  const reader = new SampleReader(
    (sample) => timeline.add(sample),
    (line) => void texts.push(line),
  );
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return { timeline, texts };
}

const resultFrom = (lines: readonly string[]): RunResult =>
  resultOf('fan-out', summary, readIn([lines.join('\n')]).timeline);

describe('reading what k6 writes', () => {
  test('keeps of each second what was in it, cut wherever it comes in', () => {
    const whole = resultFrom(rows);
    const cut = readIn(rows.join('\n').split(''));
    expect(resultOf('fan-out', summary, cut.timeline)).toEqual(whole);
    expect(whole.intervals).toEqual([
      {
        fromS: 0,
        connections: 2,
        deliveriesPerS: 4,
        publicationsPerS: 2,
        latencyMs: { p50: 20, p95: 40, p99: 40, max: 40 },
      },
      { fromS: 1, connections: 3, deliveriesPerS: 0, publicationsPerS: 0, latencyMs: null },
      { fromS: 2, connections: 2, deliveriesPerS: 0, publicationsPerS: 0, latencyMs: null },
      {
        fromS: 3,
        connections: 2,
        deliveriesPerS: 3,
        publicationsPerS: 1,
        latencyMs: { p50: 5, p95: 250, p99: 250, max: 250 },
      },
    ]);
  });

  test('passes on what is no sample, the last line too', () => {
    const text = ['', '  lost              0', 'All thresholds held, p(95) too.'];
    expect(readIn([[...rows, ...text].join('\n')]).texts).toEqual(text);
  });

  test('makes intervals longer where a run has more seconds than a plot has points', () => {
    const long = Array.from({ length: 1500 }, (_, second) => row('delivery_latency', second, 1));
    const { intervalS, intervals, deliveries } = resultFrom([...long, row('published', 3, 1)]);
    expect([intervalS, intervals.length, deliveries]).toEqual([3, 500, 1500]);
    expect(intervals.every(({ deliveriesPerS }) => deliveriesPerS === 1)).toBe(true);
    expect(intervals[1]?.publicationsPerS).toBeCloseTo(1 / 3);
  });
});

test('a percentile is the smallest value that so many are not above', () => {
  const histogram = new Histogram();
  expect(histogram.percentile(50)).toBeNull();
  for (let ms = 1000; ms >= 1; ms -= 1) histogram.add(ms);
  expect(histogram.percentiles([50, 95, 99, 100])).toEqual([500, 950, 990, 1000]);
});

describe('a result', () => {
  test('has counts, thresholds in order, and no secrets', () => {
    const { counts, thresholds, settings, deliveries } = resultFrom(rows);
    expect(Object.entries(counts)).toEqual([
      ['lost', 2],
      ['doubled', 0],
      ['received{wire:<seed>}', 7],
    ]);
    expect(thresholds).toEqual([
      { metric: 'lost', condition: 'count==0', value: 2, held: false },
      { metric: 'doubled', condition: 'count==0', value: 0, held: true },
      { metric: 'delivery_latency', condition: 'p(95)<500', value: 40, held: true },
    ]);
    expect(deliveries).toBe(7);
    expect(JSON.stringify(settings)).not.toContain('hidden');
  });

  test('says when k6 was the limit: by what was asked, or by what came', () => {
    const { timeline } = readIn([rows.join('\n')]);
    const limited = (askedPerS: number, low: number) =>
      resultOf('x', { ...summary, generator: { askedPerS, low, high: 9 } }, timeline)
        .generatorWasLimit;
    expect([limited(3, 5), limited(5, 5), limited(3, 4)]).toEqual([false, true, true]);
  });
});

interface Mark {
  readonly at: number;
  readonly value: number;
}

/** The marks of an axis as a reader of the plot sees them: where they are, and what they say. */
function marksOf(svg: string, axis: 'x' | 'y'): Mark[] {
  const texts = [...svg.matchAll(/<text class="(x|y)" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]+)</g)];
  return texts
    .filter(([, kind]) => kind === axis)
    .map(([, , x, y, label = '']) => ({
      at: axis === 'x' ? Number(x) : Number(y),
      value: Number(label.replaceAll(/[^\d.]/g, '')),
    }));
}

/** What a place on an axis stands for, by its first and last mark. */
function valueAt(marks: readonly Mark[], at: number): number {
  const [first, last] = [marks[0], marks.at(-1)];
  if (!first || !last) throw new Error('an axis needs marks');
  return first.value + ((at - first.at) / (last.at - first.at)) * (last.value - first.value);
}

/** A line's points as its plot's marks have them. */
function drawn(html: string, title: string, line: string): { x: number; y: number }[] {
  const figures = html.split('<figure>').filter((part) => part.includes(`<figcaption>${title} `));
  const [svg = ''] = figures;
  const [, path = ''] = new RegExp(`data-line="${line}" d="([^"]*)"`).exec(svg) ?? [];
  return [...path.matchAll(/[ML]([\d.]+) ([\d.]+)|H([\d.]+)V([\d.]+)/g)].map(
    ([, x, y, stepX, stepY]) => ({
      x: valueAt(marksOf(svg, 'x'), Number(x ?? stepX)),
      y: valueAt(marksOf(svg, 'y'), Number(y ?? stepY)),
    }),
  );
}

const near = (points: readonly { x: number; y: number }[]) =>
  points.map(({ x, y }) => [Math.round(x * 10) / 10, Math.round(y)]);

describe('the page', () => {
  // Larger figures than above, so that a pixel is less than one of them.
  const many = Array.from({ length: 40 }, () => row('delivery_latency', 1, 100));
  const result = resultFrom([...rows, ...many]);
  const html = page(result);

  test.each([
    ['Delivery latency over time', 'p50', (n: number) => result.intervals[n]?.latencyMs?.p50],
    ['Delivery latency over time', 'p99', (n: number) => result.intervals[n]?.latencyMs?.p99],
    ['Delivery latency over time', 'highest', (n: number) => result.intervals[n]?.latencyMs?.max],
    ['Deliveries over time', 'deliveries', (n: number) => result.intervals[n]?.deliveriesPerS],
    [
      'Publications over time',
      'publications',
      (n: number) => result.intervals[n]?.publicationsPerS,
    ],
    ['Connections over time', 'open connections', (n: number) => result.intervals[n]?.connections],
  ])('%s: draws %s where the axes have its figures', (title, line, valueOf) => {
    const expected = [0, 1, 2, 3].flatMap((n) => {
      const value = valueOf(n);
      return value === undefined ? [] : [[n, value]];
    });
    expect(near(drawn(html, title, line))).toEqual(expected);
  });

  test('draws the percentile curve through every latency', () => {
    const curve = drawn(html, 'Latency by percentile', 'latency');
    expect(curve.map(({ y }) => Math.round(y))).toEqual(result.percentiles.map(({ ms }) => ms));
    expect(result.percentiles.at(-1)).toEqual({ percent: 100, ms: 250 });
  });

  test('names what broke, what is counted, and what was asked', () => {
    expect(html).toContain('Thresholds broken: lost count==0.');
    expect(html).toMatch(/<td>lost<\/td><td class="n">2<\/td>/);
    expect(html).toMatch(/<td>subscribers<\/td><td>3<\/td>/);
    expect(html).toContain('asked for 300 deliveries a second');
  });

  test('needs nothing but itself, and shows text as text', () => {
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|src=/);
    expect(html).not.toContain('<itself>');
    expect(html).toContain('k6 &lt;itself&gt;');
    expect(html).toContain('prefers-color-scheme: dark');
  });

  test('can be made of a run in which nothing happened', () => {
    expect(page(resultOf('smoke', { metrics: {} }, new Timeline()))).toContain('no thresholds');
  });
});
