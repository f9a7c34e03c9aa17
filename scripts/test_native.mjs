// The native code without Node: conformance of every kernel on every tier of this CPU, built and run by CMake.
//   --sanitize   the same under the compiler's sanitizers, with fewer cases
import { build, missing, missingSanitizer, test } from './native_tests.mjs';

// The thread sanitizer slows a case down most, and watches threads, not numbers: fewer cases do.
const SANITIZED = [
  { sanitizers: 'address,undefined', cases: 3000, env: {} },
  { sanitizers: 'thread', cases: 600, env: { TSAN_OPTIONS: 'halt_on_error=1' } },
];

function sanitized() {
  let ok = true;
  for (const { sanitizers, cases, env } of SANITIZED) {
    const reason = missingSanitizer(sanitizers);
    console.log(`-fsanitize=${sanitizers}:${reason ? ` skipped, ${reason}` : ''}`);
    if (reason) continue;
    const folder = build(`test-${sanitizers.replace(',', '-')}`, {
      SA_SANITIZE: sanitizers,
      SA_CASES: cases,
    });
    ok = test(folder, [], env) && ok;
  }
  return ok;
}

const reason = missing('cmake');
if (reason) {
  console.error(`expected cmake and a C++17 compiler for the native tests but ${reason}`);
  process.exitCode = 1;
} else {
  const ok = process.argv.includes('--sanitize')
    ? sanitized()
    : test(build('test-native', { SA_CASES: 30000 }));
  if (!ok) process.exitCode = 1;
}
