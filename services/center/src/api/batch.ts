import { ProtocolError, rawElements, rawMember } from '@newswire/protocol';
import { answerRequest, JsonText } from './json-text.js';
import type { ApiMethod, ApiParts } from './api-method.js';
import { checkParams } from './check-params.js';
import { BATCH } from './shapes/batch.js';

/** Maximum number of concurrent commands of a parallel batch. */
const LANES = 64;

/** Maximum length of an answer: a request for a thousand logs gets only some of them. */
export const MAX_ANSWER_CHARACTERS = 16_777_216;

/** Maximum number of publications that all broadcasts of one batch may request together. */
const MAX_PUBLICATIONS = 10_000;

type BatchCommand = Readonly<Record<string, unknown>>;

/**
 * The method `batch`: many commands in one request, each by its method's name. Batches do not nest.
 */
export function createBatch(
  methods: ReadonlyMap<string, ApiMethod>,
  { onItemError }: Pick<ApiParts, 'onItemError'>,
): ApiMethod {
  const onError = (code: number) => onItemError('batch', code);

  async function run(command: BatchCommand, text: string): Promise<string> {
    const [name, ...others] = encodeMembers(command);
    const method = name === undefined ? undefined : methods.get(name);
    if (name !== undefined && others.length === 0 && method !== undefined) {
      return answerRequest(
        name,
        call(method, command[name] ?? {}, rawMember(text, name) ?? '{}'),
        onError,
      );
    }
    return answerRequest('', refuse(name, others), onError);
  }

  return async (params, text) => {
    const { commands, parallel } = checkParams(BATCH, params);
    checkPublications(commands);
    const texts = rawElements(rawMember(text, 'commands') ?? '[]');
    const replies: string[] = [];
    let next = 0;
    let length = 0;
    const lane = async () => {
      for (let i = next++; i < commands.length; i = next++) {
        const isTooLong = length > MAX_ANSWER_CHARACTERS;
        const reply = isTooLong
          ? await answerRequest('', tooLong(), onError)
          : await run(commands[i] ?? {}, texts[i] ?? '');
        replies[i] = reply;
        length += reply.length;
      }
    };
    await Promise.all(Array.from({ length: parallel ? LANES : 1 }, lane));
    return new JsonText(`{"replies":[${replies.join()}]}`);
  };
}

/** Some libraries write a member for each method, with null in the unused ones. */
function encodeMembers(command: BatchCommand): string[] {
  const names = Object.keys(command);
  const given = names.filter((name) => command[name] !== null);
  return given.length === 0 ? names : given;
}

/** Turns a thrown error into a rejection. */
async function call(method: ApiMethod, params: unknown, text: string): Promise<unknown> {
  return method(params, text);
}

async function refuse(name: string | undefined, others: readonly string[]): Promise<never> {
  if (name === undefined || others.length > 0) {
    throw new ProtocolError(
      'badRequest',
      'a command must have one member: a method and its parameters',
    );
  }
  throw new ProtocolError('methodNotFound');
}

async function tooLong(): Promise<never> {
  throw new ProtocolError('limitExceeded', 'the answer is too large: request less at once');
}

function checkPublications(commands: readonly BatchCommand[]): void {
  let count = 0;
  for (const { broadcast } of commands) {
    const { channels } = (broadcast ?? {}) as { readonly channels?: unknown };
    if (Array.isArray(channels)) count += channels.length;
  }
  if (count <= MAX_PUBLICATIONS) return;
  const detail = `the broadcasts of a batch have ${count} channels, ${MAX_PUBLICATIONS} are allowed`;
  throw new ProtocolError('limitExceeded', detail);
}
