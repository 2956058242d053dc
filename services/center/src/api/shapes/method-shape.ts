import { z } from 'zod';

/** The shape of a method. Validation and the OpenAPI document both use it. */
export interface MethodShape<P = unknown> {
  /** A summary in one line. */
  readonly summary: string;
  readonly params: z.ZodType<P>;
  /** The `result` member of the answer; for a batch, the answer itself. */
  readonly result: z.ZodType;
  /** Fields of Centrifugo that are refused unless they are empty, each with the reason. */
  readonly notOffered?: Readonly<Record<string, string>>;
  readonly example: { readonly params: unknown; readonly result: unknown };
}

/** Creates a shape whose parameter type is the type of its schema. */
export function defineMethod<P>(shape: MethodShape<P>): MethodShape<P> {
  return shape;
}

export const channelField = z.string().meta({
  description: '1 to 255 ASCII letters, digits and _-.:@/+=~$&,;# before a colon is its namespace.',
});

/** Any JSON value; its text is kept as written. */
export const jsonField = z.unknown().optional();

export const offsetField = z.int().min(0);

/** A whole number of seconds since 1970; 0 or absent means never. */
export const secondsField = z
  .int()
  .min(0)
  .max(253_402_300_799)
  .nullish()
  .meta({ description: 'Seconds since 1970; 0: never.' });

export const base64Field = (of: string) =>
  z
    .string()
    .nullish()
    .meta({ description: `${of} in base64 instead: JSON in UTF-8.` });

export const emptyResult = z.strictObject({});
