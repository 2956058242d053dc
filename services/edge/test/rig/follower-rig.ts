import type { Generation } from '@newswire/broker';
import type { Position } from '@newswire/protocol';
import { ChannelLog } from '../../src/channel/channel-log.js';
import { LogFollower, type LogPage } from '../../src/channel/log-follower.js';
import { toRingPublication } from '../../src/channel/ring.js';

const item = (offset: number, epoch = 'e') =>
  toRingPublication({ offset, data: `${epoch}${offset}` }, 0);
export const items = (from: number, to: number, epoch = 'e') =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => item(from + i, epoch));

export const generation = (epoch = 'e', firstOffset = 1, follows?: Position): Generation => ({
  epoch,
  firstOffset,
  follows,
});

/** A part of the log in generation `e` unless said. */
export const page = (from: number, to: number, top = to, of = generation()): LogPage => ({
  publications: items(from, to, of.epoch),
  topOffset: top,
  generation: of,
});

export const GONE: LogPage = { publications: [], topOffset: 0, generation: undefined };

export class FollowerRig {
  readonly log = new ChannelLog({ ringSize: 10_000, ringBytes: 1_000_000 });
  readonly follower = new LogFollower(this.log);

  /** Follows the live flow from a position on. */
  static at(offset: number, of = generation()): FollowerRig {
    const rig = new FollowerRig();
    rig.follower.beginRead();
    rig.follower.take(page(1, 0, offset, of), Infinity);
    return rig;
  }

  /** `begins`: it is the first of its generation, which follows this position if one is given. */
  receive(offset: number, epoch = 'e', begins: boolean | Position = false) {
    const follows = typeof begins === 'object' ? begins : undefined;
    const started = begins === false ? undefined : generation(epoch, offset, follows);
    return this.follower.receive(item(offset, epoch), epoch, started, 0);
  }

  read(...pages: LogPage[]) {
    return pages.map((each) => {
      this.follower.beginRead();
      return this.follower.take(each, 0);
    });
  }

  get data(): string[] | undefined {
    return this.log.slice(this.log.ringStart, this.log.end, Infinity)?.map(({ data }) => data);
  }
}

export const names = (from: number, to: number, epoch = 'e') =>
  items(from, to, epoch).map(({ data }) => data);
