import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';
import { UsageError, type CommandContext } from './command.js';
import { describeFailure, describeForeignAnswer } from './connection-failure.js';

/** The result of one connection. */
export interface End {
  readonly opened: boolean;
  readonly reason: string;
  /**
   * refused: newswire refused it and will refuse it again. unreachable: newswire is not at this
   * URL. cut: a retry may help.
   */
  readonly kind: 'cut' | 'refused' | 'unreachable';
}

/** Has the name of Node's own time-out errors. */
const SILENCE = Object.assign(new Error('silence'), { code: 'ETIMEDOUT' });

/**
 * newswire sends something this often by default. If it is set to send less often, the listener
 * reconnects.
 */
const SILENCE_LIMIT_MS = 90_000;

/**
 * Prints the channels' publications over plain SSE. Each call connects, and resumes where the
 * previous one was cut off. It resolves when the connection has ended. Throws UsageError for an
 * impossible token.
 */
export function listener(
  channels: readonly string[],
  token: string,
  context: CommandContext,
): () => Promise<End> {
  // `fetch` would refuse the token with an error that contains it.
  if (!/^[\w.-]+$/.test(token)) throw new UsageError('--token is not a token');
  const { url, note } = context;
  const address = `${url}/sse?channels=${channels.map(encodeURIComponent).join('|')}`;
  let lastId = '';
  return async () => {
    const silence = new Silence();
    let opened = false;
    let refused: string | undefined;
    const onComment = (comment: string) => {
      // Heartbeats are empty comments. A stream that ends immediately has its reason in a comment.
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
        if (!opened) note(`subscribed to ${channels.join(', ')} at ${url}; press Ctrl-C to stop`);
        opened = true;
        lastId = event.id ?? lastId;
        printEvent(event, context);
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

/** newswire's error text, if the body has one. */
export async function refusal(url: string, response: Response): Promise<End> {
  const { status, headers } = response;
  const foreign = describeForeignAnswer(url, status, headers.get('content-type'));
  const body = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
  const reason = body?.error?.message;
  const kind = foreign.temporary ? 'cut' : reason === undefined ? 'unreachable' : 'refused';
  return { opened: false, kind, reason: reason ?? foreign.message };
}

/** Prints a publication, or notes another event. Channels cannot have the names of those events. */
function printEvent({ event, data }: EventSourceMessage, { print, note }: CommandContext): void {
  if (event === undefined || event === 'subscribed') return;
  if (event === 'gap') note(`publications were missed on ${data}`);
  else if (event === 'error') note(data);
  else print(data);
}

/** Aborts a connection that receives nothing for too long. */
class Silence {
  readonly #abort = new AbortController();
  readonly #timer = setTimeout(() => this.#abort.abort(SILENCE), SILENCE_LIMIT_MS);

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Passes on the received bytes. */
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
