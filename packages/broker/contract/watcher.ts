import { until } from '@newswire/testkit';
import type { Member, Presence, PresenceHandler } from '@newswire/broker';

/** A handler that records its calls, as `+client` and `-client`. */
export class Watcher implements PresenceHandler {
  readonly received: string[] = [];
  readonly members: Member[] = [];

  handleJoin(channel: string, member: Member): void {
    this.received.push(`+${channel} ${member.client}`);
    this.members.push(member);
  }

  handleLeave(channel: string, member: Member): void {
    this.received.push(`-${channel} ${member.client}`);
    this.members.push(member);
  }

  async until(change: string): Promise<void> {
    await until(`the change ${change}`, () => this.received.includes(change));
  }

  /**
   * Returns all calls so far: a change of its own on the channel proves that no earlier call is
   * missing.
   */
  async settled(presence: Presence, channel: string): Promise<string[]> {
    const client = `fence ${Math.random()}`;
    await presence.join(channel, { client, user: '' }, true);
    await presence.leave(channel, client, true);
    await this.until(`-${channel} ${client}`);
    return this.received.filter((change) => !change.includes('fence'));
  }
}
