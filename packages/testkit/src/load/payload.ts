import type { Token } from '../ledger/index.js';

/** The data of a load's publications: a token, the time of the first attempt, and padding. */
export function toPayload(token: Token, sentMs: number, padding: string): string {
  return `${token} ${sentMs.toFixed(2)} ${padding}`;
}

/** The token of a payload that begins at `start` in the text. */
export function readToken(text: string, start: number): Token {
  let token = 0;
  for (let i = start; ; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return token;
    token = token * 10 + digit;
  }
}

/** The time it was sent, on the clock of `nowMs`. */
export function readSentMs(text: string): number {
  const start = text.indexOf(' ') + 1;
  return Number(text.slice(start, text.indexOf(' ', start)));
}

/** Milliseconds, with more precision than Date.now(), on a clock that all local processes share. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
