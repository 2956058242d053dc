import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';
import { UsageError, type CommandContext } from './command.js';
import { describeFailure, describeForeignAnswer } from './connection-failure.js';

/** How one connection went. */
export interface End {
  readonly opened: boolean;
  readonly reason: string;
  /**
   * refused: by newswire, which will refuse again. unreachable: newswire is not at this URL. cut: trying again
   * may help.
   */
  readonly kind: 'cut' | 'refused' | 'unreachable';
}

/** Named as Node names its own time-outs. */
const SILENCE = Object.assign(new Error('silence'), { code: 'ETIMEDOUT' });

/** Newswire says something this often, unless it is told to do so less often: then we come again. */
const SILENCE_LIMIT_MS = 90_000;

/**
 * Prints what comes on the channels over plain SSE. Each call connects, from where the one before was
 * cut off, and resolves when that has ended. Throws UsageError for what can be no token.
 */
export function listener(
  channels: readonly string[],
  token: string,
  context: CommandContext,
): () => Promise<End> {
  // Fetch would refuse it with its text in the error.
  if (!/^[\w.-]+$/.test(token)) throw new UsageError('--token is no token');
  const { url, note } = context;
  const address = `${url}/sse?channels=${channels.map(encodeURIComponent).join('|')}`;
  let lastId = '';
  return async () => {
    const silence = new Silence();
    let opened = false;
    let refused: string | undefined;
    const onComment = (comment: string) => {
      // Heartbeats are empty comments. A stream that ends at once has its reason in one.
      if (!opened && comment.trim() !== '') refused = comment.trim();
    };
    try {
      const last = lastId === '' ? {} : { 'Last-Event-ID': lastId };
      const headers = { Authorization: `Bearer ${token}`, ...last };
      const response = await fetch(address, { headers, signal: silence.signal });
      if (!isStream(response) || response.body === null) return await refusal(url, response);
      const events = response.body
        .pipeThrough(silence.watch())
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream({ onComment }));
      for await (const event of events) {
        if (!opened) note(`listening to ${channels.join(', ')} at ${url}; Ctrl-C ends it`);
        opened = true;
        lastId = event.id ?? lastId;
        tell(event, context);
      }
      return { opened, kind: 'cut', reason: refused ?? 'the stream has ended' };
    } catch (error) {
      const { message, temporary } = describeFailure(url, silence.signal.aborted ? SILENCE : error);
      return { opened, kind: temporary ? 'cut' : 'unreachable', reason: message };
    } finally {
      silence.end();
    }
  };
}

function isStream({ ok, headers }: Response): boolean {
  return ok && headers.get('content-type')?.startsWith('text/event-stream') === true;
}

/** Newswire's own words, if the body has them. */
export async function refusal(url: string, response: Response): Promise<End> {
  const { status, headers } = response;
  const foreign = describeForeignAnswer(url, status, headers.get('content-type'));
  const body = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
  const reason = body?.error?.message;
  const kind = foreign.temporary ? 'cut' : reason === undefined ? 'unreachable' : 'refused';
  return { opened: false, kind, reason: reason ?? foreign.message };
}

/** Channels cannot be called like the events that are no items. */
function tell({ event, data }: EventSourceMessage, { print, note }: CommandContext): void {
  if (event === undefined || event === 'subscribed') return;
  if (event === 'gap') note(`something is missing on ${data}`);
  else if (event === 'error') note(data);
  else print(data);
}

/** Aborts what says nothing for too long. */
class Silence {
  readonly #abort = new AbortController();
  readonly #timer = setTimeout(() => this.#abort.abort(SILENCE), SILENCE_LIMIT_MS);

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Passes on what is heard. */
  watch(): TransformStream<Uint8Array, Uint8Array> {
    return new TransformStream({
      transform: (chunk, controller) => {
        this.#timer.refresh();
        controller.enqueue(chunk);
      },
    });
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }
}
