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
  user: z.string().nullish().meta({ description: 'All connections of this user, …' }),
  client: z.string().nullish().meta({ description: '… or the one with this client id.' }),
};

const session = 'session is not offered: name the client instead';

export const SUBSCRIBE = defineMethod({
  summary: 'Subscribes connections to a channel.',
  params: z.strictObject({
    channel: channelField,
    ...whose,
    expire_at: secondsField,
    info: jsonField.meta({ description: 'Who they are on this channel, for presence.' }),
    b64info: base64Field('info'),
    data: jsonField.meta({ description: 'Comes with the subscribe push.' }),
    b64data: base64Field('data'),
    recover_since: z
      .strictObject({ offset: offsetField.nullish(), epoch: z.string().nullish() })
      .nullish()
      .meta({ description: 'The position to go on from.' }),
  }),
  result: emptyResult,
  notOffered: {
    session,
    override: "override is not offered: a channel's options are those of its namespace",
  },
  example: { params: { user: '42', channel: 'sports:77707' }, result: {} },
});

export const UNSUBSCRIBE = defineMethod({
  summary: 'Takes connections off a channel.',
  params: z.strictObject({
    channel: channelField,
    ...whose,
    code: z.int().nullish().meta({
      description:
        'What clients are told: 2000, they are off; 2500, 2501 or 2502: what they have is too little, expired or no longer right, and they subscribe again. Default: 2000.',
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
          'The close code, 3000 to 4999 (clients come back from 3000–3499 and 4000–4499), and its reason of up to 123 bytes. Default: 3503.',
      }),
  }),
  result: emptyResult,
  notOffered: {
    session,
    whitelist: 'whitelist is not offered: name the clients to be closed instead',
  },
  example: { params: { user: '42' }, result: {} },
});

export const REFRESH = defineMethod({
  summary: 'Says when connections expire.',
  params: z.strictObject({
    ...whose,
    expired: z.boolean().nullish().meta({ description: 'They are expired: closes them.' }),
    expire_at: secondsField,
    info: jsonField.meta({ description: 'Who they are, for presence.' }),
  }),
  result: emptyResult,
  notOffered: { session },
  example: { params: { user: '42', expire_at: 1_900_000_000 }, result: {} },
});
