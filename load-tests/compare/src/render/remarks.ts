import { WORKS } from '../contender.js';

/** Of the run as a whole: what to bear in mind. */
export const CAVEATS = 'caveats';

/** Texts by what they are about; one may be absent. */
export type Remarks = Readonly<Record<string, string>>;

const KEYS: readonly string[] = [...WORKS, CAVEATS];

/**
 * The hand-written part: a text under each heading `## <work>`, or `## caveats`. What stands before
 * the first heading speaks to whoever writes it, and so do HTML comments. Throws on another heading.
 */
export function readRemarks(markdown: string): Remarks {
  const said = markdown.replaceAll(/<!--[\s\S]*?-->/g, '');
  const [, ...parts] = said.split(/^## /m);
  const remarks = parts.map((part): [string, string] => {
    const [heading = '', ...lines] = part.split('\n');
    const key = heading.trim();
    if (!KEYS.includes(key))
      throw new Error(`remarks: there is no work "${key}"; there are ${KEYS.join(', ')}`);
    return [key, lines.join('\n').trim()];
  });
  return Object.fromEntries(remarks);
}
