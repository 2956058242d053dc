import { ProtocolError } from '@newswire/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Control, ControlHandler, ControlRequest } from '@newswire/broker';

/** Center and two edges that do not serve requests yet. */
export interface ControlRig {
  readonly center: Control;
  readonly edges: readonly [Control, Control];
  /** Errors of handlers that are not ProtocolErrors. */
  readonly faults: readonly unknown[];
  dispose(): Promise<void>;
}

const CHANNELS = { method: 'channels' } as const;

/** Uids that no edge has, including some with another meaning in a topic or a line. */
const STRANGE_UIDS = ['nobody', '', ' ', '*', 'one two', 'one\n', 'nw0:control', 'x'.repeat(200)];

const emulate = (data: string, bytes: { readonly isBase64?: true } = {}): ControlRequest => ({
  method: 'emulate',
  session: 's',
  data,
  ...bytes,
});

/** Every Control passes this suite: it is the executable form of the interface's docstring. */
export function describeControlContract(name: string, createRig: () => Promise<ControlRig>): void {
  describe(`control contract: ${name}`, () => {
    let rig: ControlRig;
    let askers: Control[];
    beforeEach(async () => {
      rig = await createRig();
      askers = [rig.center, rig.edges[0]];
    });
    afterEach(() => rig.dispose());

    async function serve(first: ControlHandler, second: ControlHandler): Promise<void> {
      await rig.edges[0].serve(first, 'one');
      await rig.edges[1].serve(second, 'two');
    }

    test('every serving edge answers any process', async () => {
      for (const asker of askers) expect(await asker.request(CHANNELS)).toEqual([]);
      await serve(
        () => ({ channels: { a: 1 } }),
        async () => ({ channels: { a: 2 } }),
      );
      const asked = [...askers, ...askers].map((asker) => asker.request(CHANNELS));
      for (const replies of await Promise.all(asked)) {
        const counts = replies.map(({ channels }) => channels?.['a'] ?? 0);
        expect(counts.toSorted((a, b) => a - b)).toEqual([1, 2]);
      }
    });

    test('one edge answers where it is asked by its uid, with what was asked as it was', async () => {
      const received: unknown[] = [];
      const receive = (uid: string) => (request: ControlRequest) => {
        received.push([uid, request]);
        return { count: uid.length };
      };
      await rig.edges[0].serve(receive('one'), 'one');
      await rig.edges[1].serve(receive('edge-two:9902@host.a'), 'edge-two:9902@host.a');
      const request = emulate('{"id":1}\n{"é": " 😀  \u001e\r\n"}');
      for (const asker of askers) {
        expect(await asker.requestFrom('edge-two:9902@host.a', request)).toEqual({ count: 20 });
        expect(await asker.requestFrom('one', request)).toEqual({ count: 3 });
      }
      await rig.center.requestFrom('one', emulate('/wA=', { isBase64: true }));
      expect(received.pop()).toEqual(['one', emulate('/wA=', { isBase64: true })]);
      expect(received).toEqual(
        [1, 2].flatMap(() => [
          ['edge-two:9902@host.a', request],
          ['one', request],
        ]),
      );
    });

    test('a request to an unknown edge is answered with error 102', async () => {
      await serve(
        () => ({}),
        () => ({}),
      );
      for (const asker of askers) {
        for (const uid of STRANGE_UIDS) {
          await expect(asker.requestFrom(uid, CHANNELS)).rejects.toMatchObject({ code: 102 });
        }
      }
    });

    test('an edge must have a uid that can be one', async () => {
      for (const uid of STRANGE_UIDS.slice(1)) {
        if (uid === 'nw0:control') continue;
        await expect(rig.edges[0].serve(() => ({}), uid)).rejects.toMatchObject({ code: 107 });
      }
    });

    test('the error of a handler reaches the requester unchanged', async () => {
      await serve(
        () => ({}),
        ({ method }) => {
          const error = new ProtocolError('permissionDenied', 'not  on my\nwatch');
          if (method === 'info') return Promise.reject(error);
          throw error;
        },
      );
      const refusal = { code: 103, message: expect.stringMatching(/not\s+on my\swatch$/) };
      for (const asker of askers) {
        for (const method of ['channels', 'info'] as const) {
          await expect(asker.requestFrom('two', { method })).rejects.toMatchObject(refusal);
          await expect(asker.request({ method })).rejects.toMatchObject(refusal);
        }
      }
      expect(rig.faults).toEqual([]);
    });

    test('a handler that fails is error 100, without its own text', async () => {
      await serve(
        () => {
          throw new Error('a secret');
        },
        () => ({ count: 2 }),
      );
      for (const asker of askers) {
        const failed = { code: 100, temporary: true, message: 'internal error: an edge failed' };
        await expect(asker.requestFrom('one', CHANNELS)).rejects.toMatchObject(failed);
        await expect(asker.request(CHANNELS)).rejects.toMatchObject(failed);
        expect(await asker.requestFrom('two', CHANNELS)).toEqual({ count: 2 });
      }
      expect(rig.faults.map(String)).toEqual(Array(4).fill('Error: a secret'));
    });

    test('a publication that is too large is refused, without effect on others', async () => {
      await serve(
        () => ({ channels: { ['x'.repeat(9_000_000)]: 1 } }),
        () => ({ count: 2 }),
      );
      for (const asker of askers) {
        const large = emulate('x'.repeat(4_200_000));
        await expect(asker.requestFrom('two', large)).rejects.toMatchObject({ code: 106 });
        await expect(asker.request(large)).rejects.toMatchObject({ code: 106 });
        await expect(asker.requestFrom('one', CHANNELS)).rejects.toMatchObject({ code: 106 });
        await expect(asker.request(CHANNELS)).rejects.toMatchObject({ code: 106 });
        expect(await asker.requestFrom('two', CHANNELS)).toEqual({ count: 2 });
        expect(await asker.requestFrom('two', emulate('x'.repeat(4_000_000)))).toEqual({
          count: 2,
        });
      }
    });
  });
}
