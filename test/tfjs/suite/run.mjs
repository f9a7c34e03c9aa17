// Jasmine over one bundle of tests: node run.mjs BUNDLE [TEXT in the names of those to run]. Fails where nothing ran, too.
import Jasmine from 'jasmine';

const [bundle, filter] = process.argv.slice(2);
/** A build of tfjs-core has more; as many are there that its tests were found. */
const FEWEST = 4000;

const runner = new Jasmine();
runner.loadConfig({ spec_dir: '/', spec_files: [], random: false });
runner.addSpecFile(bundle);
runner.exitOnCompletion = false;
runner.clearReporters();
const counts = { passed: 0, failed: 0, pending: 0, excluded: 0 };
let broken = 0;
const started = performance.now();
runner.addReporter({
  specDone({ status, fullName, failedExpectations }) {
    counts[status]++;
    for (const { message, stack } of failedExpectations) {
      console.error(`\n${fullName}\n  ${message}\n${stack.split('\n').slice(0, 12).join('\n')}`);
    }
  },
  jasmineDone({ failedExpectations }) {
    broken = failedExpectations.length;
    for (const { message } of failedExpectations) console.error(message);
  },
});
await runner.execute(undefined, filter || undefined);
const { passed, failed, pending } = counts;
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`${passed + failed + pending} specs, ${failed} failures, ${pending} pending, ${seconds} s`);
const few = !filter && passed < FEWEST;
if (few) console.error(`expected at least ${FEWEST} tests that pass but received ${passed}`);
process.exit(failed > 0 || broken > 0 || few ? 1 : 0);
