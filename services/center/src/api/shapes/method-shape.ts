import { z } from 'zod';

/** A method as its callers see it: what is checked and what the OpenAPI document says are one. */
export interface MethodShape<P = unknown> {
  /** What it does, in one line. */
  readonly summary: string;
  readonly params: z.ZodType<P>;
  /** What stands under `result` in the answer; of a batch, the answer itself. */
  readonly result: z.ZodType;
  /** Fields that Centrifugo has, each with the reason why it is refused unless it is empty. */
  readonly notOffered?: Readonly<Record<string, string>>;
  readonly example: { readonly params: unknown; readonly result: unknown };
}

/** A shape whose parameters' type is that of its schema. */
export function shapeOf<P>(shape: MethodShape<P>): MethodShape<P> {
  return shape;
}

export const channelField = z.string().meta({
  description: '1 to 255 ASCII letters, digits and _-.:@/+=~$&; before a colon its namespace.',
});

/** Any JSON value; it is taken over as the text it is written in. */
export const jsonField = z.unknown().optional();

export const offsetField = z.int().min(0);

/** A whole number of seconds since 1970; 0 and nothing: never. */
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
