import { expect, test } from 'vitest';
import { MemoryBroker, readHistory, type Broker } from './index.js';

test('a log whose epoch changes while it is read is error 113, which may be tried again', async () => {
  const limits = { historySize: 100, historyTtlMs: 60_000 };
  const options = { getLimits: () => limits, historyBytes: 1_000_000 };
  const broker = new MemoryBroker(options);
  const other = new MemoryBroker(options);
  for (const each of [broker, other]) await each.publish('a', '1');
  let reads = 0;
  const changing = new Proxy<Broker>(broker, {
    get: (target, name) => {
      if (name === 'history' && ++reads > 1) return other.history.bind(other);
      return (target[name as keyof Broker] as () => unknown).bind(target);
    },
  });
  for (const reverse of [false, true]) {
    reads = 0;
    const asked = readHistory(changing, 'a', { limit: 10, reverse });
    await expect(asked).rejects.toMatchObject({ code: 113, temporary: true });
  }
  expect((await readHistory(broker, 'a', { limit: 10 })).publications).toHaveLength(1);
});
