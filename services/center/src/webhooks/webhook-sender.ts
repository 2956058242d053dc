import { createHmac } from 'node:crypto';
import { getErrorCode } from '@newswire/runtime';

/** Returns the headers that authenticate a body. */
export type SignBody = (body: string) => Readonly<Record<string, string>>;

/**
 * Signs bodies for newswire's own webhook: the signature is the HMAC-SHA256, in hex, of the timestamp
 * (seconds since 1970), a dot, and the body.
 */
export function webhookSigner(secret: string, wallNow: () => number = Date.now): SignBody {
  return (body) => {
    const timestamp = String(Math.floor(wallNow() / 1000));
    const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
    return { 'x-newswire-timestamp': timestamp, 'x-newswire-signature': signature };
  };
}

export interface WebhookSenderOptions {
  readonly url: URL;
  readonly sign: SignBody;
  /** For the request and the status of its answer, in ms. */
  readonly timeoutMs: number;
}

/** Sends bodies to one URL. Only a 2xx status is a success; redirects are not followed. */
export class WebhookSender {
  readonly #options: WebhookSenderOptions;

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
  }

  /**
   * Rejects if the receiver did not accept the body, or may not have. The message contains neither the
   * URL nor the body.
   */
  async send(body: string, stopped: AbortSignal): Promise<void> {
    const { url, sign, timeoutMs } = this.#options;
    const request = new AbortController();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      request.abort();
    }, timeoutMs);
    const stop = () => request.abort();
    stopped.addEventListener('abort', stop);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...sign(body), 'content-type': 'application/json' },
        body,
        redirect: 'manual',
        signal: request.signal,
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`it answered ${response.status}`);
    } catch (error) {
      if (isLate) throw new Error(`it took longer than ${timeoutMs} ms`, { cause: error });
      const { cause, message } = error as Error;
      throw new Error(getErrorCode(cause) ?? message, { cause: error });
    } finally {
      clearTimeout(timer);
      stopped.removeEventListener('abort', stop);
    }
  }
}
