import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DrivenClient, type Answer, type ClientEvent } from './driven-client.js';

type Line = ClientEvent & Answer & { readonly id?: number };

/**
 * A client library in a program of its own, which reads commands and writes answers and events, one
 * JSON object a line: see driver.py.
 */
export function startProgram(command: string, args: readonly string[]): DrivenClient {
  const program = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map<number, (answer: Answer) => void>();
  const exited = new Promise<void>((resolve) => program.once('close', () => resolve()));
  const client = new DrivenClient(
    (request) =>
      new Promise((resolve) => {
        const id = waiting.size + 1;
        waiting.set(id, resolve);
        program.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
      }),
    async () => {
      program.kill();
      await exited;
    },
  );
  createInterface(program.stdout).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    if (line.id === undefined) client.events.push(line);
    else waiting.get(line.id)?.(line);
  });
  return client;
}
