import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * The handshake between center and an edge. Both know the link secret, and neither sends it:
 *
 *   edge    newswire-link 2 <edge> <nonce>
 *   center  <center> <nonce> <proof>            or closes the connection
 *   edge    welcome|taken <proof>, or wrong-secret
 *
 * A proof is an HMAC over the role of its side, both names and both nonces, so it is worthless on
 * another connection or from the other side. The edge's proof also covers its verdict.
 */
export const WRONG_SECRET = 'wrong-secret';
const GREETING = 'newswire-link 2';

/** `taken`: this edge has another center. */
export type Verdict = 'welcome' | 'taken';

/** The names and nonces that both sides have sent. */
export interface Introduction {
  readonly edge: string;
  readonly edgeNonce: string;
  readonly center: string;
  readonly centerNonce: string;
}

/** A name for one process, or a number used once. */
export function newName(): string {
  return randomBytes(24).toString('base64url');
}

export function greetingLine(edge: string, edgeNonce: string): string {
  return `${GREETING} ${edge} ${edgeNonce}`;
}

/** Undefined if the line is not a greeting of this version. */
export function parseGreeting(line: string): { edge: string; edgeNonce: string } | undefined {
  const [edge, edgeNonce, ...more] = line.slice(GREETING.length + 1).split(' ');
  if (!line.startsWith(`${GREETING} `) || !edge || !edgeNonce || more.length > 0) return undefined;
  return { edge, edgeNonce };
}

export function centerProof(secret: string, introduction: Introduction): string {
  return proof(secret, 'center', introduction);
}

export function edgeProof(secret: string, introduction: Introduction, verdict: Verdict): string {
  return proof(secret, `edge ${verdict}`, introduction);
}

/** Takes the same time for every wrong proof of the right length. */
export function isSameProof(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

function proof(secret: string, role: string, introduction: Introduction): string {
  const { edge, edgeNonce, center, centerNonce } = introduction;
  const said = [GREETING, role, edge, edgeNonce, center, centerNonce].join('\n');
  return createHmac('sha256', secret).update(said).digest('base64url');
}
