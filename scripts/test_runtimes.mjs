// The packed package in other runtimes, test frameworks and bundlers, which npm brings into build/runtimes.
//   npm run test:runtimes                    all cases
//   npm run test:runtimes -- bun webpack     cases whose names begin with one of these
// A case that cannot run here is reported as skipped, with the reason, and is never counted as passed.
import { bundlerCases } from './runtimes/bundlers.mjs';
import { engineCases } from './runtimes/engines.mjs';
import { frameworkCases } from './runtimes/frameworks.mjs';
import { nextCases } from './runtimes/next.mjs';
import { Skip } from './runtimes/outcome.mjs';
import { preparePackage } from './runtimes/project.mjs';
import { typescriptCases } from './runtimes/typescript.mjs';

const CASES = { ...engineCases, ...frameworkCases, ...typescriptCases, ...bundlerCases, ...nextCases };

const wanted = process.argv.slice(2);
const names = Object.keys(CASES).filter(
  (name) => wanted.length === 0 || wanted.some((part) => name.startsWith(part)),
);
if (names.length === 0) {
  console.error(
    `expected names of cases but received ${wanted.join(' ')}; there are ${Object.keys(CASES).join(', ')}`,
  );
  process.exit(1);
}

await preparePackage();
const counts = { passed: 0, skipped: 0, failed: 0 };
for (const name of names) {
  const start = performance.now();
  let line;
  try {
    await CASES[name]();
    counts.passed++;
    line = `passed   ${name}`;
  } catch (error) {
    const kind = error instanceof Skip ? 'skipped' : 'failed';
    counts[kind]++;
    line = `${kind.padEnd(8)} ${name}: ${error.message}`;
  }
  console.log(`${line} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
