// Before `npm publish`: refuses a release that lacks an addon, has another one than was checked, or has no owner.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { problemsOfRelease } from './release/problems.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const problems = problemsOfRelease(root, JSON.parse(readFileSync(`${root}/package.json`, 'utf8')));
for (const problem of problems) console.error(`synthetic-attention: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
