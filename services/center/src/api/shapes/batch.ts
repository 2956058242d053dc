import { isRecord } from '@newswire/protocol';
import { z } from 'zod';
import { defineMethod } from './method-shape.js';

export const MAX_BATCH_COMMANDS = 1000;

/** Not a z.record, which ignores a member `__proto__`. */
const command = z
  .custom<Readonly<Record<string, unknown>>>(isRecord, 'must be an object')
  .meta({ type: 'object' });

export const BATCH = defineMethod({
  summary: 'Executes several commands. The answer has one reply for each, in the same order.',
  params: z.strictObject({
    commands: z.array(command).max(MAX_BATCH_COMMANDS).meta({
      description: 'Each command is an object with one member: a method and its parameters.',
    }),
    parallel: z.boolean().nullish().meta({
      description:
        'If true, commands are executed concurrently. Otherwise each command begins after the previous one is done.',
    }),
  }),
  result: z.strictObject({
    replies: z.array(z.record(z.string(), z.record(z.string(), z.unknown()))),
  }),
  example: {
    params: {
      commands: [
        { publish: { channel: '77707', data: 'Hello' } },
        { presence_stats: { channel: '77707' } },
      ],
    },
    result: {
      replies: [
        { publish: { offset: 12, epoch: 'wqZ0Xb1c' } },
        { error: { code: 108, message: 'not available: presence is off in this namespace' } },
      ],
    },
  },
});
