import { escaped } from './escaped.ts';
import {
  connectionsOverTime,
  deliveriesOverTime,
  latencyOverTime,
  percentileCurve,
  publicationsOverTime,
} from './plots.ts';
import type { RunResult, Threshold } from './result.ts';
import { STYLE } from './style.ts';

const figure = (value: number | null) =>
  value === null ? '–' : value.toLocaleString('en-GB', { maximumFractionDigits: 1 });

const words = (metric: string) => metric.replaceAll('_', ' ');

type Cell = string | number | null;

function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const head = heads.map((each) => `<th>${escaped(each)}</th>`).join('');
  const cell = (value: Cell) =>
    typeof value === 'string'
      ? `<td>${escaped(value)}</td>`
      : `<td class="n">${figure(value)}</td>`;
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

function verdict(thresholds: readonly Threshold[]): string {
  const broken = thresholds.filter(({ held }) => !held);
  if (thresholds.length === 0) return '<p class="verdict">This run had no thresholds.</p>';
  if (broken.length === 0) return '<p class="verdict held">All thresholds held.</p>';
  const names = broken.map(({ metric, condition }) => `${metric} ${condition}`);
  return `<p class="verdict broken">Thresholds broken: ${escaped(names.join('; '))}.</p>`;
}

function thresholdTable(thresholds: readonly Threshold[]): string {
  const rows = thresholds.map(({ metric, condition, value, held }) => {
    const state = held ? 'held' : 'broken';
    const cells = [metric, condition].map((text) => `<td>${escaped(text)}</td>`).join('');
    return `<tr>${cells}<td class="n">${figure(value)}</td><td class="${state}">${state}</td></tr>`;
  });
  return `<div class="wide"><table><thead><tr><th>metric</th><th>threshold</th><th>measured</th><th></th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div>`;
}

/** Whether the figures are newswire's or those of what measured it. */
function generatorSentence({ generator, generatorWasLimit, busiestPerS }: RunResult): string {
  if (generator === null) return 'The scenario does not say how many deliveries it asked for.';
  const { askedPerS, low, high } = generator;
  const answer = generatorWasLimit ? 'Probably: latencies may be its own.' : 'No.';
  return `${answer} This run asked for ${figure(askedPerS)} deliveries a second and had ${figure(busiestPerS)} in its busiest; one core of k6 takes in ${figure(low)} to ${figure(high)}.`;
}

function settingRows(settings: RunResult['settings']): Cell[][] {
  return Object.entries(settings).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
}

function intervalTable({ intervals }: RunResult): string {
  const heads = [
    'second',
    'p50',
    'p95',
    'p99',
    'highest',
    'deliveries/s',
    'publications/s',
    'open',
  ];
  const rows = intervals.map(
    ({ fromS, latencyMs, deliveriesPerS, publicationsPerS, connections }) => [
      fromS,
      ...(['p50', 'p95', 'p99', 'max'] as const).map((key) => latencyMs?.[key] ?? null),
      deliveriesPerS,
      publicationsPerS,
      connections,
    ],
  );
  return `<details><summary>The same in figures</summary>\n${table(heads, rows)}\n</details>`;
}

/** The report of a run: one page that needs nothing but itself. */
export function page(result: RunResult): string {
  const { scenario, startedAt, thresholds, counts, settings, remarks } = result;
  const title = `Load test: ${scenario}`;
  const time = `<time datetime="${escaped(startedAt)}">${escaped(startedAt.replace('T', ' ').replace('.000Z', ' UTC'))}</time>`;
  const counted = Object.entries(counts).map(([metric, count]) => [words(metric), count]);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p>${time}</p>
${verdict(thresholds)}
${remarks.map((remark) => `<p>${escaped(remark)}</p>`).join('\n')}
<section class="plots">
${latencyOverTime(result)}
${percentileCurve(result)}
${deliveriesOverTime(result)}
${publicationsOverTime(result)}
${connectionsOverTime(result)}
</section>
${intervalTable(result)}
<section class="tables">
<div><h2>Counts</h2>
${table(['', 'count'], counted)}</div>
<div><h2>Thresholds</h2>
${thresholdTable(thresholds)}</div>
<div><h2>Was k6 the limit?</h2>
<p>${escaped(generatorSentence(result))}</p>
<h2>Settings</h2>
${table(['setting', 'value'], settingRows(settings))}</div>
</section>
</main>
</body>
</html>
`;
}
