import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { checkChannelOrWildcard } from '@newswire/protocol';
import { backoffMs, RECONNECT_BACKOFF } from '@newswire/runtime/environment';
import type { Command } from 'commander';
import {
  newCommand,
  UsageError,
  type CommandContext,
  type Execute,
  type RunCommand,
} from './command.js';
import { DEFAULT_CHANNEL } from './publish-command.js';
import { describeFailure } from './connection-failure.js';
import { listener, refusal, type End } from './sse-listener.js';

/**
 * `newswire subscribe CHANNEL… [--token T]`: prints every publication, and reconnects after each
 * lost connection. It ends if newswire closes it permanently. The seed protocol has no tokens, so with
 * a token the command uses plain SSE, and receives what it has missed.
 */
export function subscribeCommand(execute: Execute): Command {
  const command = newCommand(
    'subscribe',
    'CHANNEL… [--token T] | subscribe --from-env [--token T]',
    'Prints publications as they arrive. --from-env reads CHANNEL from the environment.',
  )
    .option('--token <T>', 'the token to connect with, instead of NEWSWIRE_TOKEN')
    .option('--from-env', 'read CHANNEL from the environment');
  return command.action(() => execute(command, subscribe));
}

interface SubscribeCommandOptions {
  readonly fromEnv?: true;
  readonly token?: string;
}

const subscribe: RunCommand<SubscribeCommandOptions> = async (args, options, context) => {
  const channels = options.fromEnv ? [context.environment['CHANNEL'] || DEFAULT_CHANNEL] : args;
  if (channels.length === 0) throw new UsageError('subscribe needs at least one CHANNEL');
  channels.forEach(checkChannelOrWildcard);
  const token = options.token ?? context.ownToken;
  const listenOnce =
    token === undefined ? () => listen(channels, context) : listener(channels, token, context);
  let hasOpened = false;
  for (let attempt = 0; ; attempt++) {
    const { opened, reason, kind } = await listenOnce();
    hasOpened ||= opened;
    if (kind === 'refused') {
      context.note(`refused (${reason})`);
      return 1;
    }
    // A URL that has worked is right, so the failure is temporary.
    if (kind === 'unreachable' && !hasOpened) {
      context.note(`cannot connect (${reason})`);
      return 1;
    }
    context.note(`${opened ? 'cut off' : 'cannot connect'} (${reason}), reconnecting`);
    if (opened) attempt = 0;
    await delay(backoffMs(attempt, RECONNECT_BACKOFF));
  }
};

/** A connection whose ping is not answered in this time is dead. */
const ALIVE_CHECK_MS = 20_000;

/** Resolves when the connection has ended or could not be opened. */
async function listen(
  channels: readonly string[],
  { url, print, note }: CommandContext,
): Promise<End> {
  const { WebSocket } = await import('ws');
  return new Promise((resolve) => {
    const address = `${url.replace(/^http/, 'ws')}/ws`;
    const socket = new WebSocket(address, { handshakeTimeout: ALIVE_CHECK_MS });
    let opened = false;
    let failure: End | undefined;
    let isAlive = true;
    socket.on('open', () => {
      opened = true;
      socket.send(`sub#${channels.join('|')}`);
      note(`subscribed to ${channels.join(', ')} at ${url}; press Ctrl-C to stop`);
    });
    const watchdog = setInterval(() => {
      if (!isAlive) socket.terminate();
      isAlive = false;
      if (socket.readyState === WebSocket.OPEN) socket.ping();
    }, ALIVE_CHECK_MS);
    socket.on('pong', () => (isAlive = true));
    socket.on('message', (data) => print(String(data)));
    socket.on('unexpected-response', (_, message) => {
      void refuse(url, message)
        .then((end) => (failure = end))
        .finally(() => socket.terminate());
    });
    socket.on('error', (error) => {
      const { message, temporary } = describeFailure(url, error);
      failure ??= { opened, kind: temporary ? 'cut' : 'unreachable', reason: message };
    });
    socket.on('close', (code, text) => {
      clearInterval(watchdog);
      const kind = code >= 3500 && code < 4000 ? 'refused' : 'cut';
      resolve(failure ?? { opened, kind, reason: `${code} ${String(text)}`.trim() });
    });
  });
}

const MAX_ERROR_LENGTH = 65_536;

/** An answer to the handshake that does not open a WebSocket. */
async function refuse(url: string, message: IncomingMessage): Promise<End> {
  const { statusCode = 500, headers } = message;
  let text = '';
  message.setEncoding('utf8');
  for await (const chunk of message) {
    text += String(chunk);
    if (text.length > MAX_ERROR_LENGTH) break;
  }
  const contentType = headers['content-type'] ?? '';
  const init = { status: statusCode, headers: { 'content-type': contentType } };
  return refusal(url, new Response(text, init));
}
