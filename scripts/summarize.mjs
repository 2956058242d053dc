// Adds up test results: summarize.mjs RESULTS.json… [-- 'passed NAME' | 'failed NAME' …]. Lists what
// was skipped, and ends with `N passed, N failed`; exits with 1 if anything failed or no test ran.
// Under CI everything that tests need can be installed: there a skipped test has failed.
import { readFileSync } from 'node:fs';

const counts = { passed: 0, failed: 0, skipped: 0 };
const args = process.argv.slice(2);
const end = args.includes('--') ? args.indexOf('--') : args.length;
for (const file of args.slice(0, end)) countFile(file);

const testsRun = counts.passed + counts.failed;
for (const step of args.slice(end + 1)) counts[step.startsWith('passed') ? 'passed' : 'failed']++;
if (process.env.CI === 'true') {
  counts.failed += counts.skipped;
  counts.skipped = 0;
}
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exitCode = counts.failed > 0 || testsRun === 0 ? 1 : 0;

function countFile(file) {
  try {
    const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
    for (const result of testResults) countResult(result);
  } catch (error) {
    console.log(`no results: ${error.message}`);
    counts.failed++;
  }
}

/** A file whose set-up failed has failed even if none of its tests ran. */
function countResult({ name, status, message, assertionResults }) {
  for (const test of assertionResults) count(test);
  if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) {
    console.log(`failed to run: ${name} ${message}`);
    counts.failed++;
  }
}

function count({ status, fullName }) {
  if (status === 'passed' || status === 'failed') return counts[status]++;
  console.log(`skipped: ${fullName}`);
  return counts.skipped++;
}
