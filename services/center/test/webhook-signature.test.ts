import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { missingPrograms, ROOT } from '@newswire/testkit';
import { describe, expect, test } from 'vitest';
import { webhookSigner } from '../src/webhooks/webhook-sender.js';

const SECRET = 'a webhook secret of 32 characters';
const BODY = '{"events":[{"id":"1","type":"channel_occupied","channel":"room:ä"}]}';

/** The code in this language in docs/webhooks.md. */
function readSnippet(language: string): string {
  const text = readFileSync(`${ROOT}docs/webhooks.md`, 'utf8');
  const code = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(text)?.[1];
  if (code === undefined) throw new Error(`docs/webhooks.md has no ${language}`);
  return code;
}

interface Request {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly secret: string;
}

const signed = (wallNow = Date.now): Request => ({
  body: BODY,
  headers: webhookSigner(SECRET, wallNow)(BODY),
  secret: SECRET,
});

const CASES: readonly (readonly [string, Request, boolean])[] = [
  ['a genuine request', signed(), true],
  ['another body', { ...signed(), body: `${BODY} ` }, false],
  ['another secret', { ...signed(), secret: SECRET.toUpperCase() }, false],
  ['an old request', signed(() => Date.now() - 301_000), false],
  ['no signature', { ...signed(), headers: {} }, false],
  [
    'another timestamp',
    {
      ...signed(),
      headers: {
        ...signed().headers,
        'x-newswire-timestamp': String(Math.floor(Date.now() / 1000) + 1),
      },
    },
    false,
  ],
];

const folder = mkdtempSync(join(tmpdir(), 'newswire-signature-'));

describe('the documented check of signatures', () => {
  test.each(CASES)('in Node: %s', async (_, { body, headers, secret }, expected) => {
    const file = join(folder, 'check.mjs');
    writeFileSync(file, `${readSnippet('js')}\nexport { isGenuine };\n`);
    const { isGenuine } = (await import(pathToFileURL(file).href)) as {
      isGenuine: (...args: unknown[]) => boolean;
    };
    expect(isGenuine(body, headers, secret)).toBe(expected);
  });

  const missing = missingPrograms('python3');
  describe.skipIf(missing.length > 0)('in Python (needs python3)', () => {
    test.each(CASES)('%s', (_, request, expected) => {
      const file = join(folder, 'check.py');
      const ask = [
        'import json, sys',
        'r = json.load(sys.stdin)',
        // As web frameworks give them.
        'headers = {name.title(): value for name, value in r["headers"].items()}',
        'print(is_genuine(r["body"].encode(), headers, r["secret"]))',
      ];
      writeFileSync(file, `${readSnippet('python')}\n${ask.join('\n')}\n`);
      const answer = execFileSync('python3', [file], { input: JSON.stringify(request) });
      expect(answer.toString().trim()).toBe(expected ? 'True' : 'False');
    });
  });
});
