import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, readLinkSecret } from './index.js';

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'newswire-'));
}

function sentences(linkSecretFile: string | undefined): readonly string[] {
  try {
    readLinkSecret({ linkSecret: undefined, linkSecretFile });
  } catch (error) {
    if (error instanceof ConfigError) return error.sentences;
    throw error;
  }
  return [];
}

test('the setting goes before the file, which is not touched then', () => {
  const linkSecretFile = join(folder(), 'missing');
  const linkSecret = 'a secret by setting';
  expect(readLinkSecret({ linkSecret, linkSecretFile })).toBe(linkSecret);
  expect(() => statSync(linkSecretFile)).toThrow('ENOENT');
});

test('a missing file is created once, with a random secret for its owner only', () => {
  const directory = folder();
  const linkSecretFile = join(directory, 'secret');
  const first = readLinkSecret({ linkSecret: undefined, linkSecretFile });
  expect(first).toMatch(/^[\w-]{43}$/);
  expect(readLinkSecret({ linkSecret: undefined, linkSecretFile })).toBe(first);
  expect(statSync(linkSecretFile).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory)).toEqual(['secret']);
  const elsewhere = join(folder(), 'secret');
  expect(readLinkSecret({ linkSecret: undefined, linkSecretFile: elsewhere })).not.toBe(first);
});

test('a secret in another encoding is refused, as are random bytes: they would lose most of their bits', () => {
  const file = join(folder(), 'secret');
  writeFileSync(file, '\ufeffhunter2hunter2hunter2', 'utf16le');
  expect(sentences(file)).toEqual([
    'NEWSWIRE_LINK_SECRET_FILE is not UTF-8 text: it is UTF-16, which PowerShell writes by default. Save it as UTF-8.',
  ]);
  writeFileSync(file, Buffer.alloc(32, 0x80));
  expect(sentences(file)).toEqual([
    'NEWSWIRE_LINK_SECRET_FILE is not UTF-8 text: there is another encoding in line 1. Save it as UTF-8.',
  ]);
  writeFileSync(file, '\ufeffa secret with a mark\r\n');
  expect(readLinkSecret({ linkSecret: undefined, linkSecretFile: file })).toBe(
    'a secret with a mark',
  );
});

test("a fault is reported in one sentence, without the file's content", () => {
  const directory = folder();
  expect(sentences(undefined)).toEqual([
    'NEWSWIRE_BROKER=delegate needs NEWSWIRE_LINK_SECRET or NEWSWIRE_LINK_SECRET_FILE.',
  ]);
  const short = join(directory, 'short');
  writeFileSync(short, 'hunter2\n');
  expect(sentences(short)).toEqual([
    'NEWSWIRE_LINK_SECRET_FILE must be a file with a secret of at least 16 characters in it.',
  ]);
  expect(sentences(directory)).toEqual(['NEWSWIRE_LINK_SECRET_FILE cannot be read (EISDIR).']);
  expect(sentences(join(directory, 'no', 'such', 'folder'))).toEqual([
    'NEWSWIRE_LINK_SECRET_FILE cannot be created (ENOENT).',
  ]);
});
