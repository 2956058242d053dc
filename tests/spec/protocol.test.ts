import { readdirSync, readFileSync } from 'node:fs';
import { CLOSES, ERRORS, UNSUBSCRIBES } from '@newswire/protocol';
import { ROOT } from '@newswire/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tableUnder } from './code-tables.js';
import { readDocument } from './document.js';
import { Placeholders } from './placeholders.js';
import { groupSections, RIGS, startFor, type RunningServer } from './rigs.js';
import { runExample } from './run-example.js';

/** Each document with examples, and its text. */
const DOCUMENTS = [
  ...readdirSync(`${ROOT}docs/protocol`).map((name) => `protocol/${name}`),
  'monitoring.md',
].map((name) => [name, readFileSync(`${ROOT}docs/${name}`, 'utf8')] as const);

const CODES = readFileSync(`${ROOT}docs/protocol/codes.md`, 'utf8');

test.each([
  'protocol/seed.md',
  'protocol/centrifuge.md',
  'protocol/centrifuge-protobuf.md',
  'protocol/centrifuge-tokens.md',
  'protocol/centrifuge-channels.md',
  'protocol/http-streams.md',
  'protocol/plain-sse.md',
  'protocol/pusher.md',
  'protocol/unidirectional.md',
  'protocol/server-api.md',
  'monitoring.md',
])('docs/%s has examples', (name) => {
  const [, text = ''] = DOCUMENTS.find(([each]) => each === name) ?? [];
  expect(readDocument(text).flatMap(({ examples }) => examples)).not.toEqual([]);
});

for (const rig of RIGS) {
  const groups = DOCUMENTS.flatMap(([name, text]) =>
    [...groupSections(readDocument(text))].map((group) => [name, ...group] as const),
  );
  for (const [name, first, ...others] of groups) {
    describe.skipIf(rig.missing.length > 0)(`docs/${name} on ${rig.name}`, () => {
      let server: RunningServer;

      beforeAll(async () => {
        server = await startFor(rig, first);
      });
      afterAll(() => server.stop());

      describe.each([first, ...others].map((section) => [section.title, section] as const))(
        '%s',
        (_, section) => {
          const placeholders = new Placeholders();
          const environment = section.settings;
          const apiKey = environment['NEWSWIRE_API_KEY'];

          test.each(section.examples.map((example) => [example.line, example] as const))(
            'line %i',
            async (__, example) => {
              const setting = { url: server.url, apiKey, environment, placeholders };
              await expect(runExample(example, setting)).resolves.toBeUndefined();
            },
          );
        },
      );
    });
  }
}

describe('the tables of docs/protocol/codes.md', () => {
  test('name every error with its code, message and HTTP status', () => {
    const rows = tableUnder(CODES, 'Errors').map(([code, message, temporary, status]) => ({
      code: Number(code),
      message,
      temporary: temporary === 'yes',
      status: Number(status),
    }));
    expect(rows).toEqual(Object.values(ERRORS));
  });

  test('name every close with its code, reason and whether to come back', () => {
    const rows = tableUnder(CODES, 'Close codes').map(([code, reason, reconnect]) => ({
      code: Number(code),
      reason,
      reconnect: reconnect === 'yes',
    }));
    expect(rows).toEqual(Object.values(CLOSES));
  });

  test('name every end of a subscription with its code, reason and whether to subscribe again', () => {
    const rows = tableUnder(CODES, 'Unsubscribe codes').map(([code, reason, again]) => ({
      code: Number(code),
      reason,
      again: again === 'yes',
    }));
    const expected = Object.values(UNSUBSCRIBES).map(({ code, reason }) => ({
      code,
      reason,
      again: code >= 2500,
    }));
    expect(rows).toEqual(expected);
  });
});
