import { VERSION } from '@newswire/runtime';
import { z } from 'zod';
import { channelField, emptyResult, offsetField, defineMethod } from './method-shape.js';

const ofChannel = z.strictObject({ channel: channelField });

const infoFields = {
  user: z.string(),
  client: z.string(),
  conn_info: z.unknown().optional(),
  chan_info: z.unknown().optional(),
};

export const HISTORY = defineMethod({
  summary: "Reads a channel's log.",
  params: z.strictObject({
    channel: channelField,
    limit: z.int().min(-1).nullish().meta({
      description:
        'Maximum number of publications, in up to 1 MiB. 0: only the position; -1: as many as fit.',
    }),
    since: z
      .strictObject({ offset: offsetField.nullish(), epoch: z.string().nullish() })
      .nullish()
      .meta({ description: 'Publications after this position, or with reverse before it.' }),
    reverse: z
      .boolean()
      .nullish()
      .meta({ description: 'If true, the newest publication comes first.' }),
  }),
  result: z.strictObject({
    publications: z.array(
      z.strictObject({
        data: z.unknown(),
        offset: offsetField,
        b64: z
          .literal(true)
          .optional()
          .meta({ description: 'data is the base64 of published bytes that are not JSON.' }),
        tags: z.record(z.string(), z.string()).optional(),
        info: z.strictObject(infoFields).optional(),
      }),
    ),
    offset: offsetField,
    epoch: z.string(),
  }),
  example: {
    params: { channel: '77707', limit: 1, reverse: true },
    result: {
      publications: [{ data: 'Hello', offset: 12, tags: { desk: 'sports' } }],
      offset: 12,
      epoch: 'wqZ0Xb1c',
    },
  },
});

export const HISTORY_REMOVE = defineMethod({
  summary: "Empties a channel's log.",
  params: ofChannel,
  result: emptyResult,
  example: { params: { channel: '77707' }, result: {} },
});

export const PRESENCE = defineMethod({
  summary: 'Returns the members of a channel, by client.',
  params: ofChannel,
  result: z.strictObject({ presence: z.record(z.string(), z.strictObject(infoFields)) }),
  example: {
    params: { channel: 'chat:1' },
    result: { presence: { '0f1d': { client: '0f1d', user: '42', conn_info: { name: 'Ada' } } } },
  },
});

export const PRESENCE_STATS = defineMethod({
  summary: 'Returns the number of clients and users on a channel.',
  params: ofChannel,
  result: z.strictObject({ num_clients: z.int(), num_users: z.int() }),
  example: { params: { channel: 'chat:1' }, result: { num_clients: 3, num_users: 2 } },
});

export const CHANNELS = defineMethod({
  summary: 'Returns the channels that have subscribers.',
  params: z.strictObject({
    pattern: z.string().nullish().meta({
      description: 'A glob: *, ?, [a-z], [!a-z] and {one,other}. Default: all channels.',
    }),
  }),
  result: z.strictObject({
    channels: z.record(z.string(), z.strictObject({ num_clients: z.int() })),
  }),
  example: {
    params: { pattern: 'sports:*' },
    result: { channels: { 'sports:77707': { num_clients: 3 } } },
  },
});

export const INFO = defineMethod({
  summary: 'Returns the edges.',
  params: z.strictObject({}),
  result: z.strictObject({
    nodes: z.array(
      z.strictObject({
        uid: z.string(),
        name: z.string(),
        version: z.string(),
        num_clients: z.int(),
        num_users: z.int(),
        num_subs: z.int(),
        num_channels: z.int(),
        uptime: z.int().meta({ description: 'Seconds.' }),
      }),
    ),
  }),
  example: {
    params: {},
    result: {
      nodes: [
        {
          uid: 'b7e0',
          name: 'edge-1',
          version: VERSION,
          num_clients: 3,
          num_users: 2,
          num_subs: 5,
          num_channels: 2,
          uptime: 86_400,
        },
      ],
    },
  },
});
