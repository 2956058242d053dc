import { VERSION } from '@newswire/runtime';
import { z } from 'zod';
import { SHAPES, type MethodName } from './shapes/index.js';
import type { MethodShape } from './shapes/method-shape.js';

const ERROR = z.strictObject({
  error: z.strictObject({
    code: z.int().meta({ description: 'Centrifugo’s codes: 100 to 113.' }),
    message: z.string(),
    temporary: z
      .literal(true)
      .optional()
      .meta({ description: 'The same request may succeed later.' }),
  }),
});

/** HTTP statuses for faults of the request itself. */
export const REFUSALS = {
  400: 'The body is not JSON, or not UTF-8; with the error mode `transport`, also other errors.',
  401: 'The API key is missing or wrong, or the API is closed.',
  403: 'A page in a browser, while no API key is set; with the error mode `transport`, error 103.',
  404: 'Only with the error mode `transport`: errors 102, 104 and 108.',
  413: 'The body is too long.',
  415: 'The body has a Content-Encoding.',
  416: 'Only with the error mode `transport`: error 112.',
  429: 'Only with the error mode `transport`: errors 111 and 113.',
  500: 'A fault of newswire’s own.',
  501: 'The body has a Transfer-Encoding other than chunked.',
  503: 'No process can answer; with the error mode `transport`, error 100.',
};

/**
 * The server API as an OpenAPI 3.1 document: JSON text, generated from the schemas that validate
 * requests.
 */
export function openApiText(): string {
  const entries = Object.entries(SHAPES) as [MethodName, MethodShape][];
  return JSON.stringify({
    openapi: '3.1.0',
    info: {
      title: 'newswire server API',
      version: VERSION,
      description:
        'Publishes, and manages connections, presence and history. Compatible with the libraries for Centrifugo’s server API.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }, { authorization: [] }, {}],
    paths: Object.fromEntries(
      entries.map(([name, shape]) => [`/api/${name}`, { post: buildOperation(name, shape) }]),
    ),
    components: {
      schemas: { Error: buildSchema(ERROR) },
      responses: Object.fromEntries(
        Object.entries(REFUSALS).map(([status, description]) => [
          `Status${status}`,
          { description, content: json({ $ref: '#/components/schemas/Error' }) },
        ]),
      ),
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        authorization: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'The word apikey, a space, and the API key.',
        },
      },
    },
  });
}

function buildOperation(
  name: MethodName,
  { summary, params, result, example }: MethodShape,
): object {
  const isBare = name === 'batch';
  const answer = isBare ? result : z.strictObject({ result });
  return {
    operationId: name,
    summary,
    parameters: [
      {
        name: 'X-Centrifugo-Error-Mode',
        in: 'header',
        description: '`transport`: errors have an HTTP status too.',
        schema: { type: 'string' },
      },
    ],
    requestBody: { required: true, content: json(buildSchema(params), example.params) },
    responses: {
      200: {
        description: 'The result, or an error.',
        content: json(
          { anyOf: [buildSchema(answer), { $ref: '#/components/schemas/Error' }] },
          isBare ? example.result : { result: example.result },
        ),
      },
      ...Object.fromEntries(
        Object.keys(REFUSALS).map((status) => [
          status,
          { $ref: `#/components/responses/Status${status}` },
        ]),
      ),
    },
  };
}

function json(schema: object, example?: unknown): object {
  return { 'application/json': { schema, ...(example === undefined ? {} : { example }) } };
}

/** `unrepresentable`: the schema's meta describes a check that JSON Schema cannot express. */
function buildSchema(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}
