import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BlockList } from '@newswire/broker';

export interface BlockListRig {
  readonly center: BlockList;
  readonly edge: BlockList;
  dispose(): Promise<void>;
}

/** Every BlockList passes this suite. */
export function describeBlockListContract(
  name: string,
  createRig: () => Promise<BlockListRig>,
): void {
  describe(`block list contract: ${name}`, () => {
    let rig: BlockListRig;
    beforeEach(async () => {
      rig = await createRig();
    });
    afterEach(() => rig.dispose());

    test('an edge reads what center has blocked, and no longer what it has unblocked', async () => {
      expect([...(await rig.edge.list())]).toEqual([]);
      const untilMs = Date.now() + 60_000;
      await rig.center.block('ann', untilMs);
      await rig.center.block('bob "é"\n 😀', Infinity);
      await rig.center.block('eve', untilMs);
      await rig.center.unblock('eve');
      await rig.center.unblock('no one');
      for (const list of [rig.edge, rig.center]) {
        const blocked = [...(await list.list())].toSorted(([a], [b]) => (a < b ? -1 : 1));
        expect(blocked).toEqual([
          ['ann', untilMs],
          ['bob "é"\n 😀', Infinity],
        ]);
      }
    });

    test('the last call counts, and a time that has passed ends it', async () => {
      await rig.center.block('ann', Infinity);
      await rig.center.block('ann', Date.now() + 60_000);
      await rig.center.block('bob', Date.now() - 1);
      const blocked = await rig.edge.list();
      expect([...blocked.keys()]).toEqual(['ann']);
      expect(blocked.get('ann')).toBeLessThan(Infinity);
    });
  });
}
