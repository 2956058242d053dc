import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ROOT } from '@newswire/testkit';
import { DrivenClient, type Answer, type ClientEvent } from './driven-client.js';

/** Python with the clients that `make test` installs. */
export const PYTHON = `${ROOT}.venv/bin/python`;
export const hasPython = existsSync(`${ROOT}.venv/ready`);

type Line = ClientEvent & Answer & { readonly id?: number };

/** The PyPI package `centrifuge-python` in a program of its own. */
export function startInPython(): DrivenClient {
  const python = spawn(PYTHON, [`${ROOT}tests/clients/driver.py`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = new Map<number, (answer: Answer) => void>();
  const exited = new Promise<void>((resolve) => python.once('close', () => resolve()));
  const client = new DrivenClient(
    (command) =>
      new Promise((resolve) => {
        const id = waiting.size + 1;
        waiting.set(id, resolve);
        python.stdin.write(`${JSON.stringify({ id, ...command })}\n`);
      }),
    async () => {
      python.kill();
      await exited;
    },
  );
  createInterface(python.stdout).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    if (line.id === undefined) client.events.push(line);
    else waiting.get(line.id)?.(line);
  });
  return client;
}
