import type { z } from 'zod';

/** Names of zod's types, where zod's own name is not the common one. */
const TYPE_WORDS: Readonly<Record<string, string>> = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  int: 'a whole number',
  boolean: 'true or false',
};

/** A client may choose the names of members, so they can have any length. */
const MAX_FIELD_LENGTH = 100;

/**
 * The first fault in a request's JSON, in one sentence for its sender: `limit must be a whole
 * number`. `whole` names the JSON itself. zod's own messages never reach a sender.
 */
export function describeIssue(issue: z.core.$ZodIssue | undefined, whole: string): string {
  if (issue === undefined) return `${whole} is not valid`;
  const field = issue.path.join('.').slice(0, MAX_FIELD_LENGTH) || whole;
  switch (issue.code) {
    case 'invalid_type':
      return /received (undefined|null)$/.test(issue.message)
        ? `${field} is missing`
        : `${field} must be ${TYPE_WORDS[issue.expected] ?? `a ${issue.expected}`}`;
    case 'too_small':
      return isAmount(issue.origin)
        ? `${field} must be ${issue.minimum} or more`
        : `${field} must have ${issue.minimum} or more ${describeUnit(issue.origin)}`;
    case 'too_big':
      return isAmount(issue.origin)
        ? `${field} must be ${issue.maximum} or less`
        : `${field} has more than ${issue.maximum} ${describeUnit(issue.origin)}`;
    case 'custom':
      if (issue.message === 'Invalid input') return `${field} is not valid`;
      return `${field} ${issue.message}`;
    default:
      return `${field} is not valid`;
  }
}

function isAmount(origin: string): boolean {
  return ['number', 'int', 'bigint'].includes(origin);
}

function describeUnit(origin: string): string {
  return origin === 'string' ? 'characters' : 'items';
}
