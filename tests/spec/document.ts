/** One line of an example: what a client sends, what it gets, or a call of the server API meanwhile. */
export interface Step {
  readonly kind: 'send' | 'receive' | 'call';
  /** Which of the example's connections; the empty one where there is only one. */
  readonly client: string;
  readonly text: string;
  /** In the document, from 1. */
  readonly line: number;
}

export interface Example {
  readonly kind: 'ws' | 'ws-protobuf' | 'ws-pusher' | 'http' | 'http-protobuf' | 'sh';
  /** A WebSocket's path. */
  readonly path: string;
  readonly steps: readonly Step[];
  readonly line: number;
}

/** What stands under one heading. */
export interface Section {
  readonly title: string;
  /** Of the server. */
  readonly settings: Readonly<Record<string, string>>;
  /** The server's channels file, if the section has one. */
  readonly channels: string | undefined;
  /** Its file of Pusher apps. */
  readonly apps: string | undefined;
  readonly examples: readonly Example[];
}

/** A line of the document that says nothing that can be checked. */
export class DocumentError extends Error {
  constructor(line: number, what: string) {
    super(`line ${line}: ${what}`);
    this.name = 'DocumentError';
  }
}

interface Fence {
  readonly info: string;
  readonly line: number;
  readonly lines: readonly string[];
}

/**
 * Reads the sections that have examples. Every fenced block has to be one of these, and every line of
 * it has to mean something; throws DocumentError otherwise.
 *
 *     ws PATH          `> frame` sent, `< frame` received, `! METHOD {…}` a call of the server API
 *     ws-protobuf PATH the same, with the JSON of the members of Protobuf messages
 *     ws-pusher PATH   the same, with Pusher's data as the JSON that its text is
 *     http             the same with requests and responses as curl -v prints them
 *     http-protobuf    the same with bodies in Protobuf
 *     sh               `$ command`, and what it prints
 *     env              settings of the section's server
 *     json channels    its channels file
 *     json apps        its file of Pusher apps
 */
export function readDocument(markdown: string): Section[] {
  const sections: Section[] = [];
  let title = '';
  let fences: Fence[] = [];
  const end = () => {
    if (fences.length > 0) sections.push({ title, ...toSection(fences) });
    fences = [];
  };
  const lines = markdown.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (/^#{1,6} /.test(line)) {
      end();
      title = line.replace(/^#+ /, '');
    }
    if (!line.startsWith('```')) continue;
    const close = lines.indexOf('```', i + 1);
    if (close < 0) throw new DocumentError(i + 1, 'this block has no end');
    fences.push({ info: line.slice(3).trim(), line: i + 1, lines: lines.slice(i + 1, close) });
    i = close;
  }
  end();
  return sections;
}

function toSection(fences: readonly Fence[]): Omit<Section, 'chapter' | 'title'> {
  const settings: Record<string, string> = {};
  const examples: Example[] = [];
  let channels: string | undefined;
  let apps: string | undefined;
  for (const { info, lines, line } of fences) {
    const [kind = '', path = ''] = info.split(' ');
    if (kind === 'env') Object.assign(settings, Object.fromEntries(lines.map(toSetting(line))));
    else if (info === 'json channels') channels = lines.join('\n');
    else if (info === 'json apps') apps = lines.join('\n');
    else if (isWebSocket(kind) && path.startsWith('/'))
      examples.push(toExample(kind, path, lines, line));
    else if (info === 'http' || info === 'http-protobuf' || info === 'sh')
      examples.push(toExample(info, '', lines, line));
    else throw new DocumentError(line, `a block of the kind ${JSON.stringify(info)} cannot be run`);
  }
  return { settings, channels, apps, examples };
}

function isWebSocket(kind: string): kind is 'ws' | 'ws-protobuf' | 'ws-pusher' {
  return kind === 'ws' || kind === 'ws-protobuf' || kind === 'ws-pusher';
}

function toSetting(start: number) {
  return (text: string, i: number): [name: string, value: string] => {
    const [, name, value] = /^(NEWSWIRE_[A-Z_]+)=(.*)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new DocumentError(start + 1 + i, `${JSON.stringify(text)} is no setting`);
    }
    return [name, value];
  };
}

function toExample(
  kind: Example['kind'],
  path: string,
  lines: readonly string[],
  line: number,
): Example {
  const steps: Step[] = [];
  for (const [i, text] of lines.entries()) {
    const before = steps.at(-1);
    if (kind !== 'sh' && text.startsWith('  ') && before !== undefined) {
      // A frame of several lines.
      steps[steps.length - 1] = { ...before, text: `${before.text}\n${text.trim()}` };
    } else steps.push(toStep(kind, text, line + 1 + i));
  }
  const kinds = steps.map((step) => step.kind);
  if (!kinds.includes('send')) throw new DocumentError(line, 'this example sends nothing');
  return { kind, path, steps, line };
}

const MARKS = { '>': 'send', '<': 'receive', '!': 'call' } as const;

function toStep(kind: Example['kind'], text: string, line: number): Step {
  if (kind === 'sh') {
    const isCommand = text.startsWith('$ ');
    return {
      kind: isCommand ? 'send' : 'receive',
      client: '',
      text: text.slice(isCommand ? 2 : 0),
      line,
    };
  }
  const [, client = '', mark, rest = ''] = /^([a-z]?)([<>!])(?: (.*))?$/.exec(text) ?? [];
  if (mark === undefined) throw new DocumentError(line, `${JSON.stringify(text)} is no step`);
  return { kind: MARKS[mark as keyof typeof MARKS], client, text: rest, line };
}
