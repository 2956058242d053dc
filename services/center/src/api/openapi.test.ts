import { validate } from '@readme/openapi-parser';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { ApiRig } from '../../test/rig/api-rig.js';
import { openApiText } from './openapi.js';
import { SHAPES, type MethodName } from './shapes/index.js';

interface Content {
  readonly 'application/json': { readonly schema: object; readonly example: unknown };
}

interface Operation {
  readonly requestBody: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content: Content }>>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<`/api/${MethodName}`, { readonly post: Operation }>>;
  readonly components: { readonly schemas: { readonly Error: object } };
}

const document = JSON.parse(openApiText()) as Document;

function compileValidator(schema: object) {
  // References in the document point into the document.
  return new Ajv2020({ strict: false }).compile({ ...schema, components: document.components });
}

test('is a valid OpenAPI 3.1 document', async () => {
  const copy = JSON.parse(openApiText()) as Parameters<typeof validate>[0];
  expect(await validate(copy)).toMatchObject({ valid: true });
});

test('has every method that is answered, and no other', () => {
  const paths = Object.keys(document.paths).map((path) => path.replace('/api/', ''));
  expect(paths.toSorted()).toEqual(new ApiRig().methods.toSorted());
});

test('is answered as it is', async () => {
  const rig = new ApiRig({ closedBecause: 'a reason' });
  expect(rig.document()).toEqual({ status: 200, body: openApiText() });
});

const methods = Object.keys(SHAPES) as MethodName[];

describe.each(methods)('%s', (name) => {
  const { requestBody, responses } = document.paths[`/api/${name}`].post;
  const request = requestBody.content['application/json'];
  const response = responses['200']?.content['application/json'];

  test('has examples that are what it says', () => {
    expect(compileValidator(request.schema)(request.example)).toBe(true);
    expect(compileValidator(response?.schema ?? {})(response?.example)).toBe(true);
    expect(SHAPES[name].params.safeParse(request.example).success).toBe(true);
    expect(SHAPES[name].result.safeParse(SHAPES[name].example.result).success).toBe(true);
  });

  test('refuses by the document what it refuses in fact', () => {
    const isValid = compileValidator(request.schema);
    for (const params of [null, 'text', [], { nothing: 1 }, { channel: 7 }]) {
      expect([params, isValid(params)]).toEqual([params, false]);
      expect(SHAPES[name].params.safeParse(params).success).toBe(false);
    }
  });

  test('answers its example as the document says', async () => {
    const rig = new ApiRig();
    const answer = await rig.call(name, request.example);
    expect([answer, compileValidator(response?.schema ?? {})(answer)]).toEqual([answer, true]);
  });
});
