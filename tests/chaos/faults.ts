import { setTimeout as delay } from 'node:timers/promises';
import type { Restartable, Stack } from './stack.js';

/** What happens to Redis; one at a time. */
export const REDIS_FAULTS = [
  'Redis restarted',
  'Redis killed',
  'Redis paused',
  'pub/sub connections killed',
  'FLUSHALL',
] as const;

/** What happens to the services, whatever state Redis is in; one at a time. */
export const SERVICE_FAULTS = ['center killed', 'edge killed', 'edge drained'] as const;

export type FaultKind = (typeof REDIS_FAULTS)[number] | (typeof SERVICE_FAULTS)[number];

/** A fault as planned. What is random about it was drawn when the plan was made. */
export interface PlannedFault {
  readonly kind: FaultKind;
  readonly atMs: number;
  /** From 0 to below 1: how long it lasts, within its kind's bounds. */
  readonly length: number;
  /** From 0 to below 1: whom it hits. */
  readonly victim: number;
}

/** A fault as it happened, on Date.now()'s clock. */
export interface PastFault {
  readonly kind: FaultKind;
  readonly beginMs: number;
  readonly endMs: number;
}

/** The average time from one fault of a lane to the next. */
const SPACING_MS = 7000;

const QUIET_MS = 3000;

/** The longest time that a fault which is late waits behind the one before it. */
const REST_MS = 2000;

/** Spreads faults over the run, each kind at least once, in random order. */
export function planLane(
  kinds: readonly FaultKind[],
  durationMs: number,
  random: () => number,
): PlannedFault[] {
  const rounds = Math.max(1, Math.round(durationMs / SPACING_MS / kinds.length));
  const order = Array.from({ length: rounds }, () => shuffled(kinds, random)).flat();
  const slotMs = durationMs / order.length;
  return order.map((kind, i) => ({
    kind,
    atMs: slotMs * (i + random() * 0.7),
    length: random(),
    victim: random(),
  }));
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
}

/** Lets the faults of a lane happen at their time, each once the one before it is over. */
export async function runLane(
  plan: readonly PlannedFault[],
  stack: Stack,
  onOver: (fault: PastFault) => void,
): Promise<void> {
  const startMs = Date.now();
  for (const fault of plan) {
    await delay(Math.max(startMs + fault.atMs - Date.now(), REST_MS * fault.victim));
    const beginMs = await inflict(fault, stack);
    onOver({ kind: fault.kind, beginMs, endMs: Date.now() });
  }
}

/** Resolves, when it is over, with when it began. */
async function inflict(fault: PlannedFault, stack: Stack): Promise<number> {
  const { redis } = stack;
  if (fault.kind === 'FLUSHALL') await quiet(stack);
  const beginMs = Date.now();
  switch (fault.kind) {
    case 'Redis restarted':
    case 'Redis killed':
      await redis.stop(fault.kind === 'Redis killed' ? 'SIGKILL' : 'SIGTERM');
      await delay(fault.length * 1500);
      await redis.start();
      break;
    case 'Redis paused':
      redis.pause();
      await delay(3000 + fault.length * 5000);
      redis.resume();
      break;
    case 'pub/sub connections killed':
      await redis.cli('CLIENT', 'KILL', 'TYPE', 'pubsub');
      break;
    case 'FLUSHALL':
      await redis.cli('FLUSHALL');
      break;
    case 'center killed':
      await restart(stack.center, 'SIGKILL', fault);
      break;
    case 'edge killed':
      await restart(victim(stack, fault), 'SIGKILL', fault);
      break;
    case 'edge drained':
      await restart(victim(stack, fault), 'SIGTERM', fault);
      break;
  }
  return beginMs;
}

/** What is lost with FLUSHALL shall be its own doing: edges get what they missed before. */
async function quiet(stack: Stack): Promise<void> {
  await stack.untilReady();
  await delay(QUIET_MS);
  await stack.untilReady();
}

function victim({ edges }: Stack, fault: PlannedFault): Restartable {
  const edge = edges[Math.floor(fault.victim * edges.length)];
  if (edge === undefined) throw new Error('there are no edges');
  return edge;
}

async function restart(
  service: Restartable,
  signal: NodeJS.Signals,
  { length }: PlannedFault,
): Promise<void> {
  await service.stop(signal);
  await delay(length * 1500);
  await service.start();
}
