import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyHeaders, anyRequest, checkAnswer, KEY } from '../../test/rig/any-request.js';
import { ApiRig } from '../../test/rig/api-rig.js';

// An edge that has every channel that was asked for makes for long answers: this one has two.
const edge = () => ({ channels: { a: 1, 'sports:1': 2 } });

test.each([undefined, KEY])(
  'whatever is asked, there is a documented answer (key: %s)',
  async (apiKey) => {
    const rig = new ApiRig({ edge, ...(apiKey === undefined ? {} : { apiKey }) });
    await fc.assert(
      fc.asyncProperty(anyRequest, anyHeaders, async ({ name, body }, sent) => {
        const reply = await rig.post(name, body, sent);
        checkAnswer(name, reply.status, reply.body);
      }),
      { numRuns: 10_000 },
    );
    expect(rig.results).toBeGreaterThan(2000);
  },
);
