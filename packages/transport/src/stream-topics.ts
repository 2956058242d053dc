import { toBytes, type Frame } from '@newswire/protocol';
import type { StreamFraming } from './stream.js';

/** A topic's view of its members. */
export interface TopicMember {
  readonly framing: StreamFraming;
  enqueue(bytes: Uint8Array): void;
}

/**
 * The topics of HTTP connections; uWebSockets.js has topics for WebSockets only. A publication is
 * framed once for all connections that share a framing.
 */
export class StreamTopics<Member extends TopicMember = TopicMember> {
  readonly #members = new Map<string, Set<Member>>();

  join(topic: string, member: Member): void {
    const members = this.#members.get(topic);
    if (members === undefined) this.#members.set(topic, new Set([member]));
    else members.add(member);
  }

  leave(topic: string, member: Member): void {
    const members = this.#members.get(topic);
    members?.delete(member);
    if (members?.size === 0) this.#members.delete(topic);
  }

  publish(topic: string, frame: Frame): void {
    if (this.#members.size === 0) return;
    const members = this.#members.get(topic);
    if (members === undefined) return;
    const framed = new Map<StreamFraming, Uint8Array>();
    let lastFramed: Frame = '';
    let lastBytes: Uint8Array | undefined;
    for (const member of members) {
      const { framing } = member;
      const known = framing.isShared ? framed.get(framing) : undefined;
      if (known !== undefined) {
        member.enqueue(known);
        continue;
      }
      // Framings that are not shared often produce the same text.
      const framedFrame = framing.frame(frame);
      if (lastBytes === undefined || framedFrame !== lastFramed) lastBytes = toBytes(framedFrame);
      lastFramed = framedFrame;
      if (framing.isShared) framed.set(framing, lastBytes);
      member.enqueue(lastBytes);
    }
  }
}
