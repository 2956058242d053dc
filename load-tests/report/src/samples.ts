/** One measurement of k6, as a row of its CSV output. */
export interface Sample {
  readonly metric: string;
  /** Seconds since 1970. */
  readonly second: number;
  readonly value: number;
}

const HEADER = 'metric_name,timestamp,metric_value';
const ROW = /^([a-z]\w*),(\d+),(-?\d+\.\d+),/i;

/**
 * Reads what k6 writes to its standard output with `--out csv=-`: samples, and whatever else it
 * says there, such as a scenario's summary.
 */
export class SampleReader {
  readonly #onSample: (sample: Sample) => void;
  readonly #onText: (line: string) => void;
  #rest = '';

  constructor(onSample: (sample: Sample) => void, onText: (line: string) => void) {
    this.#onSample = onSample;
    this.#onText = onText;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(line);
  }

  /** What was begun and not ended by a newline is a line, too. */
  end(): void {
    if (this.#rest !== '') this.#take(this.#rest);
    this.#rest = '';
  }

  #take(line: string): void {
    const [, metric, second, value] = ROW.exec(line) ?? [];
    if (metric !== undefined) {
      this.#onSample({ metric, second: Number(second), value: Number(value) });
    } else if (!line.startsWith(HEADER)) this.#onText(line);
  }
}
