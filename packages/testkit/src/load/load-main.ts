import { Load, type LoadOptions } from './load.js';
import type { LoadReply, LoadRequest } from './load-process.js';

let load: Load | undefined;

process.on('message', (request: LoadRequest) => void answer(request));
process.on('disconnect', () => process.exit());

async function answer({ id, command, args }: LoadRequest): Promise<void> {
  const reply = await obey(command, args).then(
    (result): LoadReply => ({ id, result }),
    (error: unknown): LoadReply => ({ id, error: String(error) }),
  );
  process.send?.(reply);
}

async function obey(command: LoadRequest['command'], args: readonly unknown[]): Promise<unknown> {
  if (command === 'create') {
    load = new Load(args[0] as LoadOptions);
    return undefined;
  }
  if (load === undefined) throw new Error('there is no load yet');
  const method = load[command] as (...given: readonly unknown[]) => unknown;
  return method.apply(load, [...args]);
}
