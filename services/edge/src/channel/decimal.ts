const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** A double holds any decimal number of this length exactly enough to compare it. */
const MAX_EXACT_LENGTH = 15;

/** A longer text is not taken for a number: its comparison would cost too much. */
const MAX_LENGTH = 256;

/**
 * Compares two decimal numbers exactly, such as `150.25` and `-3`: -1, 0 or 1. NaN if either is not such a number.
 */
export function compareDecimals(left: string, right: string): number {
  const a = parse(left);
  const b = parse(right);
  if (a === undefined || b === undefined) return NaN;
  if (left.length <= MAX_EXACT_LENGTH && right.length <= MAX_EXACT_LENGTH) {
    return order(Number(left), Number(right));
  }
  const scale = Math.max(a.fraction.length, b.fraction.length);
  return order(toScaled(a, scale), toScaled(b, scale));
}

function order<T extends number | bigint>(x: T, y: T): number {
  if (x === y) return 0;
  return x < y ? -1 : 1;
}

interface Decimal {
  readonly sign: string;
  readonly integer: string;
  readonly fraction: string;
}

function parse(text: string): Decimal | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign = '', integer = '', fraction = ''] = match;
  return { sign, integer, fraction };
}

function toScaled({ sign, integer, fraction }: Decimal, scale: number): bigint {
  const value = BigInt(integer + fraction.padEnd(scale, '0'));
  return sign === '-' ? -value : value;
}
