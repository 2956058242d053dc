import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromPublicationText, newPublication, toPublicationText } from './publication-text.js';

const json = fc.json({ stringUnit: 'binary' });
const traits = fc.record(
  { extra: json.map((value) => `"tags":${value}`), isTransient: fc.constant(true as const) },
  { requiredKeys: [] },
);

test('any publication is read back unchanged', () => {
  const property = fc.property(json, traits, (data, options) => {
    const text = toPublicationText(data, options);
    expect(fromPublicationText(7, text)).toEqual(newPublication(7, data, options));
    expect(text).not.toContain('\n');
  });
  fc.assert(property, { numRuns: 1000 });
});

test('any text is read as a publication, which takes no more room than the text', () => {
  const parts = fc.array(fc.oneof(json, fc.constantFrom('+', '*', '\u001e', '"tags":{}')));
  const anyText = fc.oneof(
    parts.map((all) => all.join('')),
    fc.string({ unit: 'binary' }),
  );
  const property = fc.property(anyText, (text) => {
    const { offset, data, extra = '' } = fromPublicationText(7, text);
    expect(offset).toBe(7);
    expect(data.length + extra.length).toBeLessThanOrEqual(text.length);
  });
  fc.assert(property, { numRuns: 10_000 });
});

test('a plain publication is carried as its data', () => {
  expect(toPublicationText('"1"', {})).toBe('"1"');
  expect(fromPublicationText(1, '"1"')).toEqual({ offset: 1, data: '"1"' });
});
