// docs/benchmarks.md.
import { WORKS, type WorkId } from '../contender.js';
import { isPoints, type Comparison, type ContenderInfo } from '../result.js';
import { BUSY_SHARE, STRANGE_SHARE } from '../system/generator.js';
import { CLASS_TITLES, classify } from './classes.js';
import { listFirst, rank, spreadFigures } from './figures.js';
import {
  escapeMarkdown,
  formatBullets,
  formatCount,
  formatRatio,
  formatSpread,
  formatTable,
  joinParagraphs,
  NONE,
  toAnchor,
} from './format.js';
import { formatGoal, LINEAR_CEILING, listQuestions, type Question } from './goals.js';
import { formatWork, listRuns, listWarnings } from './tables.js';
import { judge, type Field, type Verdict } from './verdicts.js';
import { describeEnd, WORK_TEXTS } from './works.js';

/** Hand-written texts by what they are about; one may be absent. */
export type Remarks = Readonly<Record<string, string>>;

/** Of the run as a whole: what to bear in mind. */
const CAVEATS = 'caveats';
const REMARK_KEYS: readonly string[] = [...WORKS, CAVEATS];

/**
 * The hand-written part: a text under each heading `## <work>`, or `## caveats`. What stands before the first
 * heading is for its authors, and so are HTML comments. Throws on another heading.
 */
export function readRemarks(markdown: string): Remarks {
  const [, ...parts] = markdown.replaceAll(/<!--[\s\S]*?-->/g, '').split(/^## /m);
  const remarks = parts.map((part): [string, string] => {
    const [heading = '', ...lines] = part.split('\n');
    const key = heading.trim();
    if (!REMARK_KEYS.includes(key))
      throw new Error(`remarks: there is no work "${key}"; there are ${REMARK_KEYS.join(', ')}`);
    return [key, lines.join('\n').trim()];
  });
  return Object.fromEntries(remarks);
}

const HEAD = `<!-- Made by load-tests/compare/src/render of benchmarks/compare.json and benchmarks/remarks.md: edit neither this page nor the plots. -->

# Benchmarks

newswire beside other systems that hand messages to many clients, all of it measured in one run of \`make compare\` on one machine. How to run it, and how to make this page anew: [load-tests/README.md](../load-tests/README.md#the-page-of-the-comparison). All figures as JSON: [compare.json](benchmarks/compare.json).`;

const READING = `## How to read this

${formatBullets([
  'Figures are the median of all rounds, with the lowest and highest round behind it. In each round all systems have their turn, so that a ratio compares neighbours in time: ratios are taken round by round, and then their median.',
  '“Within noise” means that the rounds differ about who is first: the ratios of the rounds reach from below 1 to above it. One round alone is never called noise.',
  'A system is only ranked beside those of its own class, such as with Redis beside with Redis. The raw limit is no peer: it is a bare loop on the same socket library, which keeps nothing and recovers nothing.',
  'In tables the first of each class is bold, and “÷ best peer” names the peer, which may be another one in each column.',
  `Each server shares one core with the programs that it needs. The generator has the other core. † marks figures during which the generator used more than ${BUSY_SHARE} of its core: the server may be able to do more.`,
  `A run is called disturbed where other work on the machine used more than ${STRANGE_SHARE} of a core.`,
  `Cost is called linear where a delivery to the most subscribers costs at most ${LINEAR_CEILING} × what it costs at the cheapest number of them.`,
  'All goes over loopback: no network, no TLS. What the kernel spends on sending counts as the server’s CPU.',
])}`;

/** A question with its answer for one of newswire's set-ups. */
interface Answer {
  readonly question: Question;
  readonly field: Field;
  readonly verdict: Verdict;
}

/** newswire's set-ups that have peers of their own class, each with them. */
function listFields(contenders: readonly ContenderInfo[]): readonly Field[] {
  const raw = contenders.filter(({ kind }) => kind === 'raw');
  return contenders
    .filter(({ kind }) => kind === 'newswire')
    .map((ours) => {
      const isPeer = (other: ContenderInfo) =>
        other.kind === 'peer' && classify(other) === classify(ours);
      return { ours, peers: contenders.filter(isPeer), raw };
    })
    .filter(({ peers }) => peers.length > 0);
}

/** The raw limit is one process without Redis: only newswire in memory is measured by it. */
const isAsked = ({ goal }: Question, { ours }: Field) =>
  goal.beside !== 'raw' || classify(ours) === 'memory';

function formatAnswer({ question, field, verdict }: Answer): readonly string[] {
  const { by, better, label } = question;
  const { reference, ratio, text } = verdict;
  const first = listFirst(rank([field.ours, ...field.peers], by, better));
  const names = first.map(({ kind, name }) => (kind === 'newswire' ? `**${name}**` : name));
  return [
    label,
    names.join('; ') || NONE,
    formatSpread(spreadFigures(by[field.ours.id])),
    reference ? `${reference.contender.name}: ${formatSpread(reference.spread)}` : NONE,
    formatRatio(ratio),
    formatGoal(question),
    escapeMarkdown(text),
  ];
}

const ANSWER_HEADS = ['', 'first', 'newswire', 'beside', 'newswire ÷ beside', 'goal', ''];
const ANSWER_STYLE = { isText: (column: number) => ![2, 4].includes(column) };

function formatField({ ours, peers }: Field, answers: readonly Answer[]): string {
  const names = peers.map(({ name, obstacle }) => (obstacle ? `${name} (missing)` : name));
  return joinParagraphs([
    `### ${CLASS_TITLES[classify(ours)]}: ${ours.name}`,
    `Peers: ${names.join('; ')}.`,
    formatTable(ANSWER_HEADS, answers.map(formatAnswer), ANSWER_STYLE),
  ]);
}

/** Which goals were met, and every missed one by name. */
function formatOverview({ contenders, works }: Comparison, remarks: Remarks): string {
  const questions = listQuestions(works);
  const fields = listFields(contenders).map((field) => ({
    field,
    answers: questions
      .filter((question) => isAsked(question, field))
      .map((question) => ({ question, field, verdict: judge(question, field) })),
  }));
  const all = fields.flatMap(({ answers }) => answers);
  const [met = [], missed = [], open = []] = ['met', 'missed', 'open'].map((outcome) =>
    all.filter(({ verdict }) => verdict.outcome === outcome),
  );
  const misses = missed.map(({ question, field, verdict }) => {
    const anchor = toAnchor(WORK_TEXTS[question.work].title);
    const why = remarks[question.work] ? `[why](#${anchor})` : 'why is not written down yet';
    const goal = `${question.label} (${formatGoal(question)})`;
    return `${field.ours.name}, ${goal}: ${escapeMarkdown(verdict.text)}; ${why}`;
  });
  const openText = open.length > 0 ? `, ${open.length} could not be judged` : '';
  return joinParagraphs([
    '## At a glance',
    all.length === 0
      ? 'No goal can be judged: newswire has no peer in this run.'
      : `**Of ${all.length} goals ${met.length} are met, ${missed.length} are missed${openText}.**`,
    misses.length > 0 ? `Missed:\n\n${formatBullets(misses)}` : '',
    ...fields.map(({ field, answers }) => formatField(field, answers)),
  ]);
}

function formatMachine({ machine }: Comparison): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const changes = machine.commit.endsWith('+') ? ' (with changes that are not committed)' : '';
  const rows = [
    [
      'started',
      `${escapeMarkdown(machine.startedAt)}, for ${formatCount(machine.minutes)} minutes`,
    ],
    ['commit', `\`${escapeMarkdown(machine.commit)}\`${changes}`],
    ['processor', `${escapeMarkdown(machine.cpu)}, ${machine.cores} cores`],
    ['memory', `${formatCount(machine.memoryMib)} MiB`],
    ['kernel', escapeMarkdown(machine.kernel)],
    ['versions', escapeMarkdown(versions.join(', '))],
    ['command', `\`${escapeMarkdown(machine.command)}\``],
  ];
  return `## Where and when\n\n${formatTable(['', ''], rows, { isText: () => true })}`;
}

function formatParticipants({ contenders }: Comparison): string {
  const measured = contenders.filter(({ obstacle }) => obstacle === '');
  const missing = contenders.filter(({ obstacle }) => obstacle !== '');
  const rows = measured.map((info) =>
    [info.name, CLASS_TITLES[classify(info)], info.version, info.about].map(escapeMarkdown),
  );
  const absences = missing.map(
    ({ name, obstacle }) => `**${escapeMarkdown(name)}**: ${escapeMarkdown(obstacle)}`,
  );
  return joinParagraphs([
    '## Who takes part',
    formatTable(['', 'class', 'version', ''], rows, { isText: () => true }),
    absences.length > 0 ? `Missing, and not guessed:\n\n${formatBullets(absences)}` : '',
  ]);
}

/** What the tables of a ladder and of recovery do not have. */
function listDetails(work: WorkId, { contenders, works }: Comparison): readonly string[] {
  const { sustained = {}, recovery = {} } = works;
  if (work === 'sustained') {
    const ends = contenders.flatMap(({ id, name }) => {
      const rounds = sustained[id]?.rounds ?? [];
      return rounds.length > 0 ? [[escapeMarkdown(name), rounds.map(describeEnd).join('; ')]] : [];
    });
    const table = formatTable(['', 'messages a second: why'], ends, { isText: () => true });
    return [`What ended the ladder, in each round:\n\n${table}`];
  }
  if (work !== 'recovery') return [];
  const never = contenders.flatMap(({ id, name }) => {
    const rounds = recovery[id]?.rounds ?? [];
    const without = rounds.filter(({ caughtUpMs }) => caughtUpMs === null).length;
    const text = `**${escapeMarkdown(name)}: not all clients caught up**, in ${without} of ${rounds.length} rounds`;
    return without > 0 ? [text] : [];
  });
  return [formatBullets(never)];
}

/** The contenders that were left out of the work and why, and those that failed at it and how. */
function listAbsences(work: WorkId, { contenders, works }: Comparison): readonly string[] {
  const data = works[work] ?? [];
  const all = isPoints(data) ? data.map(({ by }) => by) : [data];
  return contenders.flatMap(({ id, name, obstacle, leftOut }) => {
    const failures = new Set(all.map((by) => by[id]?.failure ?? '').filter(Boolean));
    const left = obstacle === '' ? leftOut[work] : undefined;
    return [
      ...(left ? [`${escapeMarkdown(name)} is left out: ${escapeMarkdown(left)}`] : []),
      ...[...failures].map(
        (failure) => `**${escapeMarkdown(name)} failed**: ${escapeMarkdown(failure)}`,
      ),
    ];
  });
}

/** The images of a work. */
export type ListImages = (work: WorkId) => readonly { file: string; title: string }[];

/** One work: what was done, plots, tables, what not to believe, and the hand-written remark. */
function formatSection(work: WorkId, comparison: Comparison, images: ListImages, remarks: Remarks) {
  const { title, about } = WORK_TEXTS[work];
  if (comparison.works[work] === undefined) return `## ${title}\n\nNot part of this run.`;
  const warnings = listWarnings(listRuns(work, comparison));
  return joinParagraphs([
    `## ${title}`,
    about,
    ...images(work).map((image) => `![${image.title}](benchmarks/${image.file})`),
    work === 'recovery' ? 'Counts are sums of all rounds.' : '',
    ...formatWork(work, comparison),
    ...listDetails(work, comparison),
    formatBullets([...warnings, ...listAbsences(work, comparison)]),
    remarks[work] ?? '',
  ]);
}

/** The whole page. */
export function formatPage(comparison: Comparison, images: ListImages, remarks: Remarks): string {
  const caveats = remarks[CAVEATS] ?? '';
  const text = joinParagraphs([
    HEAD,
    formatOverview(comparison, remarks),
    caveats && `## Caveats\n\n${caveats}`,
    READING,
    formatParticipants(comparison),
    formatMachine(comparison),
    ...WORKS.map((work) => formatSection(work, comparison, images, remarks)),
  ]);
  return `${text}\n`;
}
