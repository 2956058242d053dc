// Lists top-level types, interfaces, classes and enums of the product that share a name. Exits with
// 1 if there are any.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const files = execFileSync('git', ['ls-files', 'packages/*/src/**.ts', 'services/*/src/**.ts'])
  .toString()
  .split('\n')
  .filter((file) => file !== '' && !/\.(test|bench)\.ts$|^packages\/testkit\//.test(file));
const places = new Map();
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  const declarations = text.matchAll(
    /^(?:export )?(?:declare )?(?:abstract )?(?:type|interface|class|enum) (\w+)/gm,
  );
  for (const [, name] of declarations) places.set(name, [...(places.get(name) ?? []), file]);
}
const duplicates = [...places].filter(([, where]) => where.length > 1);
for (const [name, where] of duplicates) console.log(`${name}: ${where.join(', ')}`);
console.log(`${duplicates.length} of ${places.size} type names are used twice or more`);
process.exitCode = duplicates.length === 0 ? 0 : 1;
