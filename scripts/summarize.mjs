// Adds up vitest's JSON results: lists what was skipped, and ends with `N passed, N failed`.
import { readFileSync } from 'node:fs';

const counts = { passed: 0, failed: 0, skipped: 0 };
for (const file of process.argv.slice(2)) {
  for (const { name, status, assertionResults } of readResults(file)) {
    if (status === 'failed' && assertionResults.length === 0) countFailedFile(name);
    for (const test of assertionResults) count(test);
  }
}
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exitCode = counts.failed > 0 ? 1 : 0;

function readResults(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).testResults;
  } catch (error) {
    console.log(`no results: ${error.message}`);
    counts.failed++;
    return [];
  }
}

function countFailedFile(name) {
  console.log(`failed to run: ${name}`);
  counts.failed++;
}

function count({ status, fullName }) {
  if (status === 'passed' || status === 'failed') counts[status]++;
  else {
    counts.skipped++;
    console.log(`skipped: ${fullName}`);
  }
}
