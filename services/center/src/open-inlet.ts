import { persist, type Logger } from '@newswire/runtime';
import { FaultLog } from '@newswire/broker';
import { openRedisInlet, type RedisParts } from '@newswire/broker-redis';
import type { Inlet } from './inlet.js';

/** The inlet's part of center's readiness. */
export interface InletState {
  /**
   * Why center is not ready. Also undefined if Redis refuses the inlet, because everything else
   * works.
   */
  readonly fault: string | undefined;
}

/** Opens the inlet and retries until it is open. A refusal is logged immediately and every 30 s. */
export function openInlet(link: RedisParts['link'], inlet: Inlet, logger: Logger): InletState {
  const faultLog = new FaultLog(logger);
  let isSettled = false;
  const onFailure = (error: unknown) => {
    // The link logs by itself that Redis is away.
    if (link.fault !== undefined) return;
    isSettled = true;
    const { message } = error as Error;
    faultLog.warn(`the inlet is closed and messages to its topics are lost: ${message}`);
  };
  void persist(
    async () => {
      await openRedisInlet(link, (channel, text) => inlet.handle(channel, text));
      isSettled = true;
      faultLog.info('the inlet is open');
    },
    () => true,
    { onFailure },
  );
  return {
    get fault() {
      return isSettled ? undefined : 'the inlet is not open yet';
    },
  };
}
