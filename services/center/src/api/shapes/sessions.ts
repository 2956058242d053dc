import { z } from 'zod';
import {
  base64Field,
  channelField,
  emptyResult,
  jsonField,
  offsetField,
  secondsField,
  defineMethod,
} from './method-shape.js';

const whose = {
  user: z.string().nullish().meta({ description: 'All connections of this user.' }),
  client: z.string().nullish().meta({ description: 'The connection with this client id.' }),
};

const session = 'session is not supported: name the client instead';

export const SUBSCRIBE = defineMethod({
  summary: 'Subscribes connections to a channel.',
  params: z.strictObject({
    channel: channelField,
    ...whose,
    expire_at: secondsField,
    info: jsonField.meta({ description: 'Info about the client on this channel, for presence.' }),
    b64info: base64Field('info'),
    data: jsonField.meta({ description: 'Sent with the subscribe push.' }),
    b64data: base64Field('data'),
    recover_since: z
      .strictObject({ offset: offsetField.nullish(), epoch: z.string().nullish() })
      .nullish()
      .meta({ description: 'The position to recover from.' }),
  }),
  result: emptyResult,
  notOffered: {
    session,
    override: 'override is not supported: a channel has the options of its namespace',
  },
  example: { params: { user: '42', channel: 'sports:77707' }, result: {} },
});

export const UNSUBSCRIBE = defineMethod({
  summary: 'Unsubscribes connections from a channel.',
  params: z.strictObject({
    channel: channelField,
    ...whose,
    code: z.int().nullish().meta({
      description:
        'The unsubscribe code for the client. 2000: the subscription has ended. 2500 (publications were missed), 2501 (expired) and 2502 (state invalidated): the client subscribes again. Default: 2000.',
    }),
  }),
  result: emptyResult,
  notOffered: { session },
  example: { params: { user: '42', channel: 'sports:77707' }, result: {} },
});

export const DISCONNECT = defineMethod({
  summary: 'Closes connections.',
  params: z.strictObject({
    ...whose,
    disconnect: z
      .strictObject({ code: z.int().nullish(), reason: z.string().nullish() })
      .nullish()
      .meta({
        description:
          'The close code, 3000 to 4999, and its reason of up to 123 bytes. Clients reconnect after 3000–3499 and 4000–4499. Default: 3503.',
      }),
  }),
  result: emptyResult,
  notOffered: {
    session,
    whitelist: 'whitelist is not supported: name the clients to disconnect instead',
  },
  example: { params: { user: '42' }, result: {} },
});

export const REFRESH = defineMethod({
  summary: 'Sets when connections expire.',
  params: z.strictObject({
    ...whose,
    expired: z
      .boolean()
      .nullish()
      .meta({ description: 'If true, the connections expire immediately and are closed.' }),
    expire_at: secondsField,
    info: jsonField.meta({ description: 'Info about the client, for presence.' }),
  }),
  result: emptyResult,
  notOffered: { session },
  example: { params: { user: '42', expire_at: 1_900_000_000 }, result: {} },
});

const MAX_USER_LENGTH = 256;

const user = z
  .string()
  .min(1)
  .max(MAX_USER_LENGTH)
  .meta({ description: 'Not empty: anonymous clients cannot be blocked.' });

export const BLOCK_USER = defineMethod({
  summary: "Closes a user's connections, and refuses new ones.",
  params: z.strictObject({ user, expire_at: secondsField }),
  result: emptyResult,
  example: { params: { user: '42', expire_at: 1_900_000_000 }, result: {} },
});

export const UNBLOCK_USER = defineMethod({
  summary: 'Lets a blocked user connect again.',
  params: z.strictObject({ user }),
  result: emptyResult,
  example: { params: { user: '42' }, result: {} },
});
