import { isRecord } from '@newswire/protocol';
import { z } from 'zod';
import { channelField, jsonField, offsetField, defineMethod } from './method-shape.js';

/** Maximum number of channels of a broadcast. */
export const MAX_BROADCAST_CHANNELS = 1000;

/** Maximum number of a publication's tags, and maximum length of their JSON text in UTF-8 bytes. */
export const MAX_TAGS = 64;
export const MAX_TAGS_BYTES = 4096;

const MAX_VERSION_EPOCH_LENGTH = 64;

/** A tag that is null counts as absent. */
export type Tags = Readonly<Record<string, string | null>>;

const tagsField = z
  .custom<Tags>(isTags, {
    error: `must be an object of up to ${MAX_TAGS} strings, ${MAX_TAGS_BYTES} bytes as JSON`,
  })
  .nullish()
  .meta({
    type: 'object',
    additionalProperties: { type: ['string', 'null'] },
    maxProperties: MAX_TAGS,
    description: 'Delivered with the publication.',
  });

/** Whether these can be the tags of a publication. */
export function isTags(value: unknown): value is Tags {
  if (!isRecord(value)) return false;
  const values = Object.values(value);
  if (values.length > MAX_TAGS || !values.every(isTag)) return false;
  return Buffer.byteLength(JSON.stringify(value)) <= MAX_TAGS_BYTES;
}

function isTag(value: unknown): boolean {
  return typeof value === 'string' || value === null;
}

const publishFields = {
  data: jsonField.meta({ description: 'The data to publish: any JSON value.' }),
  b64data: z.string().nullish().meta({
    description:
      'data in base64 instead: JSON in UTF-8, or any bytes, which only Protobuf clients receive as they are.',
  }),
  skip_history: z.boolean().nullish().meta({
    description: 'If true, history omits the publication. It is delivered and recovered as usual.',
  }),
  tags: tagsField,
  idempotency_key: z.string().min(1).max(256).nullish().meta({
    description: 'Publishing again with the same key within 5 minutes has no effect.',
  }),
  version: z.int().min(0).nullish().meta({
    description:
      'Of the state that data is. If it is not above the version of the last publication that had one, nothing is published, and the answer is the position of the newest publication. 0: none.',
  }),
  version_epoch: z.string().max(MAX_VERSION_EPOCH_LENGTH).nullish().meta({
    description: 'Versions are compared within one epoch. Empty: that of the last publication.',
  }),
  delta: z.boolean().nullish().meta({
    description: 'Accepted and ignored: the option delta of a namespace enables deltas.',
  }),
};

const positionResult = z.strictObject({ offset: offsetField, epoch: z.string() });

const errorResult = z.strictObject({
  code: z.int(),
  message: z.string(),
  temporary: z.literal(true).optional(),
});

export const PUBLISH = defineMethod({
  summary: 'Publishes to a channel.',
  params: z.strictObject({ channel: channelField, ...publishFields }),
  result: positionResult,
  example: {
    params: { channel: '77707', data: 'Hello' },
    result: { offset: 12, epoch: 'wqZ0Xb1c' },
  },
});

export const BROADCAST = defineMethod({
  summary: 'Publishes the same data to several channels.',
  params: z.strictObject({
    channels: z.array(z.string()).min(1).max(MAX_BROADCAST_CHANNELS),
    ...publishFields,
  }),
  result: z.strictObject({
    responses: z.array(
      z.union([z.strictObject({ result: positionResult }), z.strictObject({ error: errorResult })]),
    ),
  }),
  example: {
    params: { channels: ['77707', '77708'], data: { score: [1, 0] } },
    result: {
      responses: [
        { result: { offset: 13, epoch: 'wqZ0Xb1c' } },
        { result: { offset: 4, epoch: 'mN3s0d9A' } },
      ],
    },
  },
});
