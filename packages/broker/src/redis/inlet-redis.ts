import type { RedisLink } from './redis-link.js';

/** Called with the channel's name and the text, whatever they hold: nothing is checked here. */
export type InletHandler = (channel: string, text: string) => void;

/**
 * Listens to plain `PUBLISH news:<channel> <text>` from any program on this Redis; RedisNames has the
 * prefix where the stack is not the default one. Redis' pub/sub keeps nothing: an item that is
 * published while center is away is lost, and PUBLISH answers 0 then.
 * Rejects while Redis is away.
 */
export async function openRedisInlet(link: RedisLink, handle: InletHandler): Promise<void> {
  const { inletPrefix } = link.names;
  const listen = link.guarded((text, topic) => handle(topic.slice(inletPrefix.length), text));
  await link.subscriber.pSubscribe(`${inletPrefix}*`, listen);
}
