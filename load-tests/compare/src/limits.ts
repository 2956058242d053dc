/** A contender's start, stop or run took longer than anybody waits. */
export class TooLong extends Error {
  override readonly name = 'TooLong';
}

/** As the promise, unless that takes longer than `limitMs`: then rejects with TooLong. What it does goes on. */
export async function within<T>(limitMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    const sentence = `${what} took longer than ${limitMs / 1000} s`;
    timer = setTimeout(() => reject(new TooLong(sentence)), limitMs);
  });
  return Promise.race([promise, tooLong]).finally(() => clearTimeout(timer));
}
