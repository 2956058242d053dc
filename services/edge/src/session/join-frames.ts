/** The most UTF-8 bytes of a UTF-16 code unit. */
const MAX_BYTES_EACH = 3;

/**
 * Whether a text has more than `maxBytes` UTF-8 bytes. The bytes of short texts are not counted.
 */
export function isOver(text: string, maxBytes: number): boolean {
  return text.length * MAX_BYTES_EACH > maxBytes && Buffer.byteLength(text) > maxBytes;
}

/**
 * Joins texts, in order, into as few messages of at most `maxBytes` UTF-8 bytes as possible. A
 * longer text becomes a message of its own.
 */
export function joinFrames(texts: readonly string[], joint: string, maxBytes: number): string[] {
  const all = texts.join(joint);
  if (!isOver(all, maxBytes)) return [all];
  const messages: string[] = [];
  let start = 0;
  let bytes = 0;
  texts.forEach((text, i) => {
    const more = Buffer.byteLength(text) + joint.length;
    if (i > start && bytes + more - joint.length > maxBytes) {
      messages.push(texts.slice(start, i).join(joint));
      start = i;
      bytes = 0;
    }
    bytes += more;
  });
  messages.push(texts.slice(start).join(joint));
  return messages;
}
