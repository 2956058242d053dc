import { BUSY_SHARE, STRANGE_SHARE } from '@newswire/load-harness';
import type { Comparison, ContenderInfo } from '../result.js';
import { CLASS_TITLES, classOf } from './classes.js';
import { bullets, paragraphs, plain, table } from './markdown.js';
import { formatCount } from './numbers.js';
import { overview } from './overview.js';
import { LINEAR_CEILING } from './questions.js';
import { CAVEATS, type Remarks } from './remarks.js';
import { sections, type ImagesOf } from './sections.js';

const HEAD = `<!-- Made by load-tests/compare/src/render of benchmarks/compare.json and benchmarks/remarks.md: edit neither this page nor the plots. -->

# Benchmarks

newswire beside other systems that hand messages to many clients, all of it measured in one run of \`make compare\` on one machine. How to run it, and how to make this page anew: [load-tests/README.md](../load-tests/README.md#the-page-of-the-comparison). All figures as JSON: [compare.json](benchmarks/compare.json).`;

const READING = `## How to read this

${bullets([
  'Figures are the median of all rounds, with the lowest and highest round behind it. In each round all systems have their turn, so that a ratio compares neighbours in time: ratios are taken round by round, and then their median.',
  '“Within noise” means that the rounds differ about who is first: the ratios of the rounds reach from below 1 to above it. One round alone is never called noise.',
  'A system is only ranked beside those of its own class, such as with Redis beside with Redis. The raw limit is no peer: it is a bare loop on the same socket library, which keeps nothing and recovers nothing.',
  'In tables the first of each class is bold, and “÷ best peer” names the peer, which may be another one in each column.',
  `Each server, with whatever it needs, has one core, the generator another one. † marks figures during which the generator used more than ${BUSY_SHARE} of its core: the server may be able to do more.`,
  `A run is called disturbed where other work on the machine used more than ${STRANGE_SHARE} of a core.`,
  `Cost is called linear where a delivery to the most subscribers costs at most ${LINEAR_CEILING} × what it costs at the cheapest number of them.`,
  'All goes over loopback: no network, no TLS. What the kernel spends on sending counts as the server’s CPU.',
])}`;

function machineText({ machine }: Comparison): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return paragraphs([
    '## Where and when',
    table(
      ['', ''],
      [
        ['started', `${plain(machine.startedAt)}, for ${formatCount(machine.minutes)} minutes`],
        ['commit', `\`${plain(machine.commit)}\`${dirtyText(machine.commit)}`],
        ['processor', `${plain(machine.cpu)}, ${machine.cores} cores`],
        ['memory', `${formatCount(machine.memoryMib)} MiB`],
        ['kernel', plain(machine.kernel)],
        ['versions', plain(versions.join(', '))],
        ['command', `\`${plain(machine.command)}\``],
      ],
      () => true,
    ),
  ]);
}

const dirtyText = (commit: string) =>
  commit.endsWith('+') ? ' (with changes that are not committed)' : '';

function participants({ contenders }: Comparison): string {
  const measured = contenders.filter(({ obstacle }) => obstacle === '');
  const missing = contenders.filter(({ obstacle }) => obstacle !== '');
  const row = (info: ContenderInfo) =>
    [info.name, CLASS_TITLES[classOf(info)], info.version, info.about].map(plain);
  return paragraphs([
    '## Who takes part',
    table(['', 'class', 'version', ''], measured.map(row), () => true),
    missing.length === 0
      ? ''
      : `Missing, and not guessed:\n\n${bullets(missing.map(({ name, obstacle }) => `**${plain(name)}**: ${plain(obstacle)}`))}`,
  ]);
}

/** docs/benchmarks.md. */
export function page(comparison: Comparison, images: ImagesOf, remarks: Remarks): string {
  const caveats = remarks[CAVEATS] ?? '';
  const text = paragraphs([
    HEAD,
    overview(comparison, remarks),
    caveats === '' ? '' : `## Caveats\n\n${caveats}`,
    READING,
    participants(comparison),
    machineText(comparison),
    ...sections(comparison, images, remarks),
  ]);
  return `${text}\n`;
}
