import { describe, expect, it } from 'vitest';
import type { Comparison, LoadResult, Rounds } from '../result.js';
import { comparison, load } from '../../test/comparison-fixture.js';
import { formatNumber } from './format.js';
import { formatPage, readRemarks } from './page.js';
import { DIRECTORY, JSON_FILE, PAGE, readComparison, render } from './render.js';

/** The page alone: drawing the plots takes a second. */
const renderPage = (of: Comparison, remarks = '') =>
  formatPage(readComparison(JSON.stringify(of)), () => [], readRemarks(remarks));

/** The fixture with other rounds for one server at the last window, 256. */
function withRounds(id: string, rounds: Rounds<LoadResult>): Comparison {
  const whole = comparison();
  const windows = whole.works.windows ?? [];
  const changed = windows.map((point) =>
    point.at === 256 ? { at: 256, by: { ...point.by, [id]: rounds } } : point,
  );
  return { ...whole, works: { ...whole.works, windows: changed } };
}

const createRuns = (id: string, more: Partial<LoadResult>, deliveries = 2e6) =>
  withRounds(id, { rounds: [load(deliveries), load(deliveries, more)], failure: '' });

const findRows = (page: string, name: string) =>
  page.split('\n').filter((row) => row.startsWith(`| ${name} |`));

describe('the page', () => {
  it('has the medians, lowest and highest of the JSON', () => {
    const { windows = [] } = comparison().works;
    const cells = windows.map(({ by }) => {
      const thousands = (by.nats?.rounds ?? []).map((r) => r.deliveries_per_s / 1000);
      const [low = 0, median = 0, high = 0] = thousands.toSorted((a, b) => a - b).map(formatNumber);
      return `${median} (${low}–${high})`;
    });
    expect(findRows(renderPage(comparison()), 'NATS')).toContain(`| NATS | ${cells.join(' | ')} |`);
  });

  it('says ratios to the best peer of the same class, and which that is', () => {
    const page = renderPage(comparison());
    const ratios = page.split('\n').filter((row) => row.includes('÷ best peer |'));
    expect(ratios.filter((row) => row.startsWith('| newswire ÷'))[0]).toContain('NATS');
    expect(ratios.filter((row) => row.startsWith('| newswire, Redis ÷'))[0]).toContain(
      'Centrifuge, Redis',
    );
    expect(ratios.some((row) => /^\| newswire, (links|Nginx)/.test(row))).toBe(false);
  });

  it('counts goals, and names each missed one with how much is missing', () => {
    const page = renderPage(comparison());
    const missed =
      '- newswire, Redis, Connections: KiB each (≤ 0.2 × Centrifuge): **missed by 400 %**; why is not written down yet';
    expect(page).toContain(missed);
    const [, all, met, not] = /Of (\d+) goals (\d+) are met, (\d+) are missed/.exec(page) ?? [];
    expect(Number(met) + Number(not)).toBe(Number(all));
    const verdicts = page
      .split('\n')
      .filter((row) => row.startsWith('|') && row.includes('missed'));
    expect(verdicts).toHaveLength(Number(not));
  });

  it('names the missing with its obstacle and the left out with the reason, as plain text', () => {
    const page = renderPage(comparison());
    expect(page).toContain('**nchan**: Nginx has no module &lt;nchan> here');
    expect(page).toContain(String.raw`Tornado is left out: it would take \| an hour`);
    expect(findRows(page, 'nchan')).toEqual([]);
  });

  it('says who failed and how, and gives no figure of it', () => {
    const page = renderPage(withRounds('nats', { rounds: [load(2e6)], failure: 'it | hung' }));
    expect(page).toContain(String.raw`**NATS failed**: it \| hung`);
    expect(findRows(page, 'NATS').some((row) => row.endsWith('| failed |'))).toBe(true);
  });

  it.each([
    [{ lost: 1234, undrained: 4 }, '**Mosquitto at 256: 1,234 lost** (4 of them only late)'],
    [{ doubled: 1, reordered: 2 }, '**Mosquitto at 256: 1 doubled, 2 reordered**'],
    [{ closes: { 1006: 3 } }, '**Mosquitto at 256: subscribers were closed**: 1006 × 3'],
    [
      { publishes_refused: 7, first_refusal: '503 | full' },
      String.raw`**Mosquitto at 256: 7 publications refused**: 503 \| full`,
    ],
  ])('says %j', (more, sentence) => {
    expect(renderPage(comparison())).not.toContain('Mosquitto at 256');
    expect(renderPage(createRuns('mosquitto', more))).toContain(sentence);
  });

  it('says where the generator was the limit, and marks the figure', () => {
    const busy = { generator_cpu_share: 0.97 };
    const rounds = [load(9e6, busy), load(9e6, busy)];
    const page = renderPage(withRounds('newswire', { rounds, failure: '' }));
    expect(page).toMatch(/The generator was the limit.*: newswire at 256\./);
    expect(findRows(page, 'newswire').some((row) => row.endsWith('| **9,000** † |'))).toBe(true);
    expect(renderPage(comparison())).not.toContain('The generator was the limit');
    const almost = [load(9e6, { generator_cpu_share: 0.9 })];
    const free = renderPage(withRounds('nats', { rounds: almost, failure: '' }));
    expect(free).not.toContain('**The generator was the limit');
  });

  it('says in how many runs the machine was disturbed', () => {
    const runs = Object.values(comparison().works.windows ?? []).flatMap(({ by }) =>
      Object.values(by).flatMap(({ rounds }) => rounds),
    );
    // Two rounds instead of three of one system.
    const sentence = `in 1 of ${runs.length - 1} runs, up to 0.53`;
    expect(renderPage(createRuns('nats', { strange_cpu_share: 0.53 }))).toContain(sentence);
    expect(renderPage(createRuns('nats', { strange_cpu_share: 0.15 }))).not.toContain(
      'was disturbed',
    );
  });

  it('has no figure where JSON has null, and says when not all clients caught up', () => {
    const whole = comparison();
    const recovery = {
      ...whole.works.recovery,
      centrifuge: {
        rounds: [
          {
            clients: 5,
            published: 9,
            lost: 3,
            reported: 0,
            doubled: 0,
            reordered: 0,
            caughtUpMs: null,
          },
        ],
        failure: '',
      },
    };
    const page = renderPage({ ...whole, works: { ...whole.works, recovery } });
    expect(page).toContain('| Centrifuge | 5 | 9 | 3 | 0 | 0 | 0 | – |');
    expect(page).toContain('**Centrifuge: not all clients caught up**, in 1 of 1 rounds');
    const nothing = load(0, {
      latency_ms: { p50: Number.NaN, p99: Number.NaN, max: Number.NaN },
      server_cpu_s_per_million: Number.NaN,
    });
    const silent = renderPage(withRounds('nats', { rounds: [nothing], failure: '' }));
    expect(findRows(silent, 'NATS').filter((row) => row.endsWith('| – |'))).toHaveLength(2);
    expect(silent).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  it('never calls one round noise', () => {
    const page = renderPage(withRounds('newswire', { rounds: [load(9e6)], failure: '' }));
    const row = page.split('\n').find((each) => each.startsWith('| Window 256: thousand'));
    expect(row).toContain('| met, one round only |');
  });

  it('says why a ladder ended', () => {
    const page = renderPage(comparison());
    expect(page).toMatch(/\| NATS \| 2,000\/s: p99 \d+ ms; /);
  });

  it('says of a work that was not part of the run just that', () => {
    const { machine, contenders } = comparison();
    const page = renderPage({ machine, contenders, works: {} });
    expect(page.match(/Not part of this run\./g)).toHaveLength(7);
    expect(page).toContain('No goal can be judged');
  });

  it('shows every plot, and no other', () => {
    const files = render(JSON.stringify(comparison()), '');
    const shown = [...(files.get(PAGE) ?? '').matchAll(/\]\((benchmarks\/[^)]+\.svg)\)/g)];
    const svgs = [...files.keys()].filter((path) => path.endsWith('.svg'));
    expect(shown.map(([, path]) => path).toSorted()).toEqual(svgs.toSorted());
    expect(svgs.every((path) => path.startsWith(DIRECTORY))).toBe(true);
  });
});

describe('rows beside it', () => {
  it('joins remarks in where they belong, without comments and preface', () => {
    const remarks = '# Title\n\npreface\n\n## windows\n\nThe <!-- not this --> profile says so.\n';
    const page = renderPage(comparison(), remarks);
    const section = page.slice(
      page.indexOf('## Fan-out by messages'),
      page.indexOf('## Sustained'),
    );
    expect(section).toContain('The  profile says so.');
    const missed = renderPage(comparison(), '## connections\n\nRedis.\n');
    expect(missed).toContain('**missed by 400 %**; [why](#connections)');
    expect(page).not.toMatch(/preface|not this/);
  });

  it('refuses a remark about no work', () => {
    expect(() => renderPage(comparison(), '## windoes\n\nx')).toThrow('there is no work "windoes"');
  });

  it('refuses JSON that is no comparison', () => {
    expect(() => render('{"works":{}}', '')).toThrow('there is no machine');
  });

  it('renders the same again from the JSON that it left', () => {
    const files = render(JSON.stringify(comparison()), '');
    expect(render(files.get(JSON_FILE) ?? '', '')).toEqual(files);
  });
});
