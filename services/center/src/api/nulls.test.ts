import type { z } from 'zod';
import { describe, expect, test } from 'vitest';
import { ApiRig } from '../../test/rig/api-rig.js';
import { SHAPES, type MethodName } from './shapes/index.js';
import type { MethodShape } from './shapes/method-shape.js';

/** Fields that a method cannot do without. */
const NEEDED = ['channel', 'channels', 'commands', 'data', 'user'];

/** What comes of a call: its answer, what was published and what the edges were asked. */
async function callMethod(method: string, body: unknown) {
  const rig = new ApiRig();
  const answer = JSON.stringify(await rig.call(method, body));
  const published = rig.broker.published;
  return { answer: answer.replace(/"epoch":"[^"]*"/g, ''), published, requests: rig.requests };
}

describe.each(Object.keys(SHAPES) as MethodName[])(
  'null in %s is as if it were not there',
  (name) => {
    const { params, notOffered = {}, example } = SHAPES[name] as MethodShape;
    const needed = Object.entries(example.params as object).filter(([key]) => NEEDED.includes(key));
    const plain = Object.fromEntries(needed);
    const fields = Object.keys((params as z.ZodObject).shape);
    const optional = fields.filter((field) => !Object.hasOwn(plain, field));

    test('field by field, and in all at once', async () => {
      const expected = await callMethod(name, plain);
      expect(expected.answer).not.toContain('"code":107');
      const others = [...optional, ...Object.keys(notOffered), 'no_such_field', '__proto__'];
      const all = others.map((field) => `"${field}":null`);
      for (const nulls of [...all, all.join()]) {
        const body = JSON.stringify(plain).replace(
          /}$/,
          `${needed.length > 0 ? ',' : ''}${nulls}}`,
        );
        expect([nulls, await callMethod(name, body)]).toEqual([nulls, expected]);
      }
    });

    test('so that what is needed is missing', async () => {
      for (const [field] of needed.filter(([key]) => key !== 'data')) {
        const { answer } = await callMethod(name, { ...plain, [field]: null });
        expect(answer).toMatch(/"code":107,"message":"bad request: [a-z ]+ is missing"/);
      }
    });
  },
);

test('and so are the methods of a command in a batch', async () => {
  const nulls = Object.fromEntries(Object.keys(SHAPES).map((name) => [name, null]));
  const publish = { channel: 'a', data: 1 };
  const [one, two, none] = (
    (await new ApiRig().call('batch', {
      commands: [{ ...nulls, publish }, { info: null }, nulls],
    })) as { replies: unknown[] }
  ).replies;
  expect(one).toMatchObject({ publish: { offset: 1 } });
  expect(two).toEqual({ info: { nodes: [] } });
  expect(none).toMatchObject({ error: { code: 107 } });
});

test('a command in a batch has no second member, whatever its name', async () => {
  const commands = '[{"publish":{"channel":"a","data":1},"__proto__":{}}]';
  const answer = await new ApiRig().call('batch', `{"commands":${commands}}`);
  expect(answer).toMatchObject({ replies: [{ error: { code: 107 } }] });
});
