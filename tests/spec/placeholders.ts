/**
 * What `<name>` stands for: the first answer it stands in gives it its value, and from then on it
 * means that value. `<any>` means something else each time.
 */
export class Placeholders {
  #values = new Map<string, unknown>();

  /** The text to send, with every placeholder's value. Throws where one has none yet. */
  fill(text: string): string {
    const whole = text.replaceAll(/"<([a-z]+)>"/g, (_, name: string) =>
      JSON.stringify(this.#value(name)),
    );
    return whole.replaceAll(/<([a-z]+)>/g, (_, name: string) => String(this.#value(name)));
  }

  /** Whether an answer is as expected: JSON by its value, whatever the order of members; else as text. */
  matches(expected: string, actual: string): boolean {
    const before = new Map(this.#values);
    const isMatch = this.#matches(expected, actual);
    if (!isMatch) this.#values = before;
    return isMatch;
  }

  #matches(expected: string, actual: string): boolean {
    if (!/^[{[]/.test(expected)) return this.#matchesText(expected, actual);
    try {
      return this.#matchesValue(JSON.parse(expected), JSON.parse(actual));
    } catch (error) {
      if (error instanceof SyntaxError) return false;
      throw error;
    }
  }

  #value(name: string): unknown {
    if (!this.#values.has(name)) throw new Error(`<${name}> has no value yet`);
    return this.#values.get(name);
  }

  #bind(name: string, value: unknown): boolean {
    if (name === 'any') return true;
    if (!this.#values.has(name)) this.#values.set(name, value);
    return JSON.stringify(this.#values.get(name)) === JSON.stringify(value);
  }

  #matchesText(expected: string, actual: string): boolean {
    const names: string[] = [];
    const parts = expected.split(/<([a-z]+)>/);
    const pattern = parts.map((part, i) => {
      if (i % 2 === 0) return part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
      names.push(part);
      return '(.+?)';
    });
    const match = new RegExp(`^${pattern.join('')}$`, 's').exec(actual);
    return match !== null && names.every((name, i) => this.#bind(name, match[i + 1]));
  }

  #matchesValue(expected: unknown, actual: unknown): boolean {
    if (typeof expected === 'string') {
      const [, name] = /^<([a-z]+)>$/.exec(expected) ?? [];
      if (name !== undefined) return this.#bind(name, actual);
      return typeof actual === 'string' && this.#matchesText(expected, actual);
    }
    if (typeof expected !== 'object' || expected === null) return expected === actual;
    if (typeof actual !== 'object' || actual === null) return false;
    if (Array.isArray(expected) !== Array.isArray(actual)) return false;
    const members = Object.entries(expected);
    if (members.length !== Object.keys(actual).length) return false;
    const values = actual as Record<string, unknown>;
    return members.every(([key, value]) => key in values && this.#matchesValue(value, values[key]));
  }
}
