/** Text of others inside a table or a sentence: it can end neither a cell nor the line, and is no HTML. */
export function plain(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('|', String.raw`\|`)
    .trim();
}

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

/** The first column is text, the others are figures unless said otherwise. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  isText: (column: number) => boolean = (column) => column === 0,
): string {
  const rule = heads.map((_, column) => (isText(column) ? '---' : '---:'));
  return [line(heads), line(rule), ...rows.map(line)].join('\n');
}

export const bullets = (items: readonly string[]): string =>
  items.map((item) => `- ${item}`).join('\n');

/** Without the empty ones, an empty line between them. */
export const paragraphs = (parts: readonly string[]): string =>
  parts.filter((part) => part !== '').join('\n\n');

/** As GitHub makes it of a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');
}
