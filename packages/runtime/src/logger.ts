import { pino, type Logger } from 'pino';
import { build } from 'pino-pretty';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly service: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly logFormat: 'auto' | 'json' | 'text';
}

/** Logs to standard output, one line per event, written before the call returns. */
export function createLogger({ service, logLevel, logFormat }: LoggerOptions): Logger {
  const text = logFormat === 'text' || (logFormat === 'auto' && process.stdout.isTTY);
  const options = { level: logLevel, base: { service } };
  if (!text) return pino(options, pino.destination({ fd: 1, sync: true }));
  const pretty = build({
    colorize: process.stdout.isTTY,
    sync: true,
    ignore: 'pid,hostname,service',
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
  });
  return pino(options, pretty);
}
