import type { TcpProxy } from '@newswire/testkit';
import { expect } from 'vitest';
import type { Stack } from '../../services/edge/test/rig/sdk-stack.js';
import type { DrivenClient } from './driven-client.js';

/** What a scenario has to play with. */
export interface Scene {
  readonly client: DrivenClient;
  readonly stack: Stack;
  /** What the client connects through. */
  readonly proxy: TcpProxy;
  /** A channel of this test's own. */
  readonly channel: string;
  /** What `connect` takes. */
  readonly connection: Readonly<Record<string, unknown>>;
  /** The client uses Protobuf. */
  readonly isBinary: boolean;
}

/** What users do with a client library; each of them runs with every library and transport. */
export interface Scenario {
  readonly name: string;
  readonly run: (scene: Scene) => Promise<void>;
}

const upTo = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'subscribes, gets everything in order as it was published, unsubscribes',
    run: async ({ client, stack, channel, connection }) => {
      await client.ask('connect', connection);
      await client.ask('subscribe', { channel });
      const data = [...upTo(1, 50), { text: 'Grüße 😀\n"quoted"', list: [null, 1.5, true] }, ''];
      await stack.publishAll(channel, data);
      expect(await client.received(channel, data.length)).toEqual(data);
      const offsets = client.told('publication', channel).map(({ offset }) => offset);
      expect(offsets).toEqual(upTo(1, data.length));
      await client.ask('unsubscribe', { channel });
      expect(await client.tells('unsubscribed', channel)).toMatchObject({ code: 0 });
      await stack.publish(channel, 'nobody hears it');
      await client.ask('subscribe', { channel: `${channel}-fence` });
      await stack.publish(`${channel}-fence`, 'fence');
      expect(await client.received(`${channel}-fence`, 1)).toEqual(['fence']);
      expect(client.told('publication', channel)).toHaveLength(data.length);
    },
  },
  {
    name: 'comes back after a cut with everything that it missed, once and in order',
    run: async ({ client, stack, proxy, channel, connection }) => {
      await client.ask('connect', connection);
      await client.ask('subscribe', { channel });
      await stack.publishAll(channel, upTo(1, 5));
      await client.received(channel, 5);
      proxy.block();
      await client.tells('subscribing', channel, 2);
      await stack.publishAll(channel, upTo(6, 30));
      proxy.unblock();
      await stack.publishAll(channel, upTo(31, 50));
      expect(await client.tells('subscribed', channel, 2)).toMatchObject({
        wasRecovering: true,
        recovered: true,
      });
      expect(await client.received(channel, 50)).toEqual(upTo(1, 50));
    },
  },
  {
    name: 'is refused a bad channel name with 107, and stays connected',
    run: async ({ client, stack, channel, connection }) => {
      await client.ask('connect', connection);
      await expect(client.ask('subscribe', { channel: 'no good' })).rejects.toThrow(Error);
      expect(await client.tells('unsubscribed', 'no good')).toMatchObject({ code: 107 });
      await client.ask('subscribe', { channel });
      await stack.publish(channel, 'still here');
      expect(await client.received(channel, 1)).toEqual(['still here']);
      expect(client.told('connected')).toHaveLength(1);
    },
  },
];
