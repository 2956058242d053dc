import type { RedisLink } from './redis-link.js';

/** Called with the channel's name and the text. Neither is checked here. */
export type InletHandler = (channel: string, text: string) => void;

/**
 * Receives plain `PUBLISH news:<channel> <text>` from any program on this Redis. RedisNames has the
 * prefix of a stack that is not the default one. Redis pub/sub stores nothing: a text that is
 * published while center is away is lost, and PUBLISH then returns 0. Rejects while Redis is away.
 */
export async function openRedisInlet(link: RedisLink, handle: InletHandler): Promise<void> {
  const { inletPrefix } = link.names;
  const listen = link.guarded((text, topic) => handle(topic.slice(inletPrefix.length), text));
  await link.subscriber.pSubscribe(`${inletPrefix}*`, listen);
}
