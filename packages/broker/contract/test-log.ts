/** The lines that brokers log. */
export class TestLog {
  readonly lines: string[] = [];

  info(sentence: string): void {
    this.lines.push(sentence);
  }

  warn(sentence: string): void {
    this.lines.push(sentence);
  }

  count(part: string | RegExp): number {
    return this.lines.filter((line) => line.search(part) >= 0).length;
  }
}
