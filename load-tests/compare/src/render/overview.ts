import type { Comparison, ContenderInfo } from '../result.js';
import { CLASS_TITLES, classOf } from './classes.js';
import { spreadOfFigures } from './figures.js';
import { anchorOf, bullets, paragraphs, plain, table } from './markdown.js';
import { formatRatio, formatSpread, NONE } from './numbers.js';
import { questionsOf, type Question } from './questions.js';
import { firstOf, rank } from './ranking.js';
import type { Remarks } from './remarks.js';
import { titleOf } from './works.js';
import { goalText, judge, type Field, type Verdict } from './verdicts.js';

/** A question with its answer for one of newswire's set-ups. */
export interface Answer {
  readonly question: Question;
  readonly field: Field;
  readonly verdict: Verdict;
}

/** newswire's set-ups that have peers of their own class, each with them. */
export function fieldsOf(contenders: readonly ContenderInfo[]): readonly Field[] {
  const raw = contenders.filter(({ kind }) => kind === 'raw');
  return contenders.flatMap((ours) => {
    if (ours.kind !== 'newswire') return [];
    const ownClass = classOf(ours);
    const peers = contenders.filter((c) => c.kind === 'peer' && classOf(c) === ownClass);
    return peers.length === 0 ? [] : [{ ours, peers, raw }];
  });
}

/** The raw limit is one process without Redis: it is no measure of who has one. */
const isAsked = ({ goal }: Question, { ours }: Field) =>
  goal.beside !== 'raw' || classOf(ours) === 'memory';

export function answersOf({ contenders, works }: Comparison): readonly Answer[] {
  const questions = questionsOf(works);
  return fieldsOf(contenders).flatMap((field) =>
    questions
      .filter((question) => isAsked(question, field))
      .map((question) => ({ question, field, verdict: judge(question, field) })),
  );
}

function rowOf({ question, field, verdict }: Answer): readonly string[] {
  const { by, better, label } = question;
  const { reference, ratio, text } = verdict;
  const { ours, peers } = field;
  const first = firstOf(rank([ours, ...peers], by, better));
  const names = first.map(({ kind, name }) => (kind === 'newswire' ? `**${name}**` : name));
  return [
    label,
    names.join('; ') || NONE,
    formatSpread(spreadOfFigures(by[ours.id])),
    reference ? `${reference.contender.name}: ${formatSpread(reference.spread)}` : NONE,
    formatRatio(ratio),
    goalText(question),
    plain(text),
  ];
}

const HEADS = ['', 'first', 'newswire', 'beside', 'newswire ÷ beside', 'goal', ''];
const isText = (column: number) => ![2, 4].includes(column);

function tableOf(field: Field, answers: readonly Answer[]): string {
  const { ours } = field;
  const peers = field.peers.map(({ name, obstacle }) =>
    obstacle === '' ? name : `${name} (missing)`,
  );
  return paragraphs([
    `### ${CLASS_TITLES[classOf(ours)]}: ${ours.name}`,
    `Peers: ${peers.join('; ')}.`,
    table(HEADS, answers.map(rowOf), isText),
  ]);
}

function missedLine({ question, field, verdict }: Answer, remarks: Remarks): string {
  const { work, label } = question;
  const why = remarks[work] ? `[why](#${anchorOf(titleOf(work))})` : 'why is not written down yet';
  return `${field.ours.name}, ${label} (${goalText(question)}): ${plain(verdict.text)}; ${why}`;
}

/** Which goals were met, and every missed one by name. */
export function overview(comparison: Comparison, remarks: Remarks): string {
  const answers = answersOf(comparison);
  const of = (outcome: string) => answers.filter(({ verdict }) => verdict.outcome === outcome);
  const [met, missed, open] = [of('met'), of('missed'), of('open')];
  const openText = open.length > 0 ? `, ${open.length} could not be judged` : '';
  const summary =
    answers.length === 0
      ? 'No goal can be judged: newswire has no peer in this run.'
      : `**Of ${answers.length} goals ${met.length} are met, ${missed.length} are missed${openText}.**`;
  return paragraphs([
    '## At a glance',
    summary,
    missed.length > 0
      ? `Missed:\n\n${bullets(missed.map((answer) => missedLine(answer, remarks)))}`
      : '',
    ...fieldsOf(comparison.contenders).map((field) =>
      tableOf(
        field,
        answers.filter((answer) => answer.field.ours === field.ours),
      ),
    ),
  ]);
}
