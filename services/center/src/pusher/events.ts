import type { Broker } from '@newswire/broker';
import { toInfoLine, type JsonLine, type ProtocolError } from '@newswire/protocol';
import {
  isReservedEvent,
  MAX_EVENT_NAME_LENGTH,
  toEventData,
  toEventLine,
  type PusherApp,
} from '@newswire/runtime';
import { z } from 'zod';
import { PusherRequestError } from './request-error.js';

const MAX_CHANNELS = 100;
const MAX_BATCH = 10;

/** The most bytes of a request besides its data: names of events and channels. */
export const BESIDE_EVENTS_BYTES = 65_536;

const EVENT_MEMBERS = {
  name: z.string(),
  data: z.string(),
  socket_id: z.string().nullish(),
  info: z.string().nullish(),
};

const Event = z.object({
  ...EVENT_MEMBERS,
  channel: z.string().nullish(),
  channels: z.array(z.string()).nullish(),
});

const Batch = z.object({ batch: z.array(z.object({ ...EVENT_MEMBERS, channel: z.string() })) });

type EventFields = Omit<z.infer<typeof Event>, 'channels' | 'channel'>;

/** One event for some channels, by their names in the app. */
export interface EventForChannels {
  readonly channels: readonly string[];
  /** Attributes of the channels that the answer has. */
  readonly info: string;
  publish(): Promise<unknown>;
}

export interface EventParts {
  readonly broker: Pick<Broker, 'publish'>;
  /** Throws error 102 for a channel of an unknown namespace. */
  readonly getOptions: (channel: string) => unknown;
  readonly maxDataBytes: number;
}

/** The event of a request. Throws PusherRequestError or ProtocolError; nothing is published then. */
export function readEvent(app: PusherApp, body: string, parts: EventParts): EventForChannels {
  const { channel, channels, ...fields } = parse(Event, body);
  const names = channels ?? (channel === null || channel === undefined ? [] : [channel]);
  if (names.length === 0) throw new PusherRequestError(400, 'channels is missing');
  if (names.length > MAX_CHANNELS) {
    throw new PusherRequestError(400, `an event may have at most ${MAX_CHANNELS} channels`);
  }
  return prepare(app, [...new Set(names)], fields, parts);
}

/** The events of a batch, in order. */
export function readBatch(app: PusherApp, body: string, parts: EventParts): EventForChannels[] {
  const { batch } = parse(Batch, body);
  if (batch.length > MAX_BATCH) {
    throw new PusherRequestError(400, `a batch may have at most ${MAX_BATCH} events`);
  }
  return batch.map(({ channel, ...fields }) => prepare(app, [channel], fields, parts));
}

function prepare(
  app: PusherApp,
  channels: readonly string[],
  { name, data, socket_id: socketId, info }: EventFields,
  { broker, getOptions, maxDataBytes }: EventParts,
): EventForChannels {
  checkEventName(name);
  const line = toEventLine(name, toEventData(data));
  checkSize(line, maxDataBytes);
  const options = socketId ? { extra: toSender(socketId) } : {};
  const targets = channels.map((channel) => app.toChannel(channel));
  for (const target of targets) getOptions(target);
  return {
    channels,
    info: info ?? '',
    publish: () => Promise.all(targets.map((target) => broker.publish(target, line, options))),
  };
}

function parse<T>(schema: z.ZodType<T>, body: string): T {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new PusherRequestError(400, 'the body is not valid JSON');
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const path = result.error.issues[0]?.path.join('.') ?? '';
  throw new PusherRequestError(400, `${path === '' ? 'the body' : path} is missing or wrong`);
}

function checkEventName(name: string): void {
  if (name === '' || name.length > MAX_EVENT_NAME_LENGTH) {
    throw new PusherRequestError(400, `name must have 1 to ${MAX_EVENT_NAME_LENGTH} characters`);
  }
  if (isReservedEvent(name)) throw new PusherRequestError(400, 'events named pusher: are reserved');
}

function checkSize(line: JsonLine, maxDataBytes: number): void {
  if (Buffer.byteLength(line) <= maxDataBytes) return;
  throw new PusherRequestError(413, `an event may have at most ${maxDataBytes} bytes as JSON`);
}

/** The client that does not receive the event is its sender. */
function toSender(socketId: string): string {
  if (!/^\d{1,20}\.\d{1,20}$/.test(socketId)) {
    throw new PusherRequestError(400, 'socket_id must be that of a connection');
  }
  return `"info":${toInfoLine({ client: socketId, user: '' })}`;
}

/** The HTTP status of an error that is not Pusher's own. */
export function toRequestError(error: ProtocolError): PusherRequestError {
  const status = error.temporary ? 503 : 400;
  return new PusherRequestError(status, error.message);
}
