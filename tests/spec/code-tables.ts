/** The rows of the table under a heading, each cell as its text. The headings of columns are left out. */
export function tableUnder(markdown: string, heading: string): string[][] {
  const lines = markdown.split('\n');
  const start = lines.findIndex(
    (line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading,
  );
  if (start < 0) throw new Error(`there is no heading ${heading}`);
  const from = lines.findIndex((line, i) => i > start && line.startsWith('| -'));
  const end = lines.findIndex((line, i) => i > from && !line.startsWith('|'));
  return lines.slice(from + 1, end < 0 ? undefined : end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
