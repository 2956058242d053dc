import { markdownTable } from 'markdown-table';

/** Text of others inside a table or a sentence: it can end neither a cell nor the line, and is no HTML. */
export function plain(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('|', String.raw`\|`)
    .trim();
}

/** A table whose first column is text and whose others are figures, unless said otherwise. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  isText: (column: number) => boolean = (column) => column === 0,
): string {
  const align = heads.map((_, column) => (isText(column) ? '' : 'r'));
  return markdownTable([heads, ...rows], { align, alignDelimiters: false });
}

/** The same for a terminal: with padding that lines the columns up. */
export function alignedTable(heads: readonly string[], rows: readonly (readonly string[])[]) {
  return markdownTable([heads, ...rows], { align: heads.map((_, i) => (i === 0 ? '' : 'r')) });
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
