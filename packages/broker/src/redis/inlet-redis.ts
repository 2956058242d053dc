import type { RedisLink } from './redis-link.js';

const INLET_PREFIX = 'news:';

/** Called with the channel's name and the text, whatever they hold: nothing is checked here. */
export type InletHandler = (channel: string, text: string) => void;

/**
 * Listens to plain `PUBLISH news:<channel> <text>` from anybody on this Redis. Redis' own pub/sub
 * keeps nothing: what is published while nobody listens is gone, and PUBLISH answers 0 then.
 * Rejects while Redis is away.
 */
export async function openRedisInlet(link: RedisLink, handle: InletHandler): Promise<void> {
  const listen = link.guarded((text, topic) => handle(topic.slice(INLET_PREFIX.length), text));
  await link.subscriber.pSubscribe(`${INLET_PREFIX}*`, listen);
}
