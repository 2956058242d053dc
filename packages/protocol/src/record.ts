import { z } from 'zod';

/**
 * Parses an object whose member names are a client's own choice to a Map. No name is lost, as
 * `__proto__` is in z.record, and none is inherited. A member that is null is ignored.
 */
export function recordSchema<T>(member: z.ZodType<T>) {
  return z.custom<object>(isRecord, 'must be an object').transform((object, context) => {
    const members = new Map<string, T>();
    for (const [name, value] of Object.entries(object)) {
      if (value === null) continue;
      const { data, error } = member.safeParse(value);
      if (error === undefined) members.set(name, data);
      for (const issue of error?.issues ?? []) {
        context.issues.push({ ...issue, path: [name, ...issue.path], input: value });
      }
    }
    return members;
  });
}

/** Whether a value of JSON is an object, and neither a list nor null. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
