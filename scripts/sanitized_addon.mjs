// The addon built with the address and undefined behaviour sanitizers, and the environment in which Node loads it.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { execute, missingSanitizer, must, root } from './native_tests.mjs';

const SANITIZERS = 'address,undefined';
const FOLDER = 'build/fuzz-addon';
const ADDON = 'synthetic_attention.node';

/** Builds the addon when its sources are newer. Returns the variables to start Node with. */
export function sanitizedAddon() {
  const reason = process.platform === 'linux' ? missingSanitizer(SANITIZERS) : 'only Linux preloads them';
  if (reason) throw new Error(`the sanitized addon cannot be built: ${reason}`);
  const cmakeJs = join(root, 'node_modules/cmake-js/bin/cmake-js');
  const parallel = String(availableParallelism());
  const settings = [`--CDSA_SANITIZE=${SANITIZERS}`, '--parallel', parallel];
  must(process.execPath, [cmakeJs, 'compile', '--out', FOLDER, ...settings]);
  const compiler = process.env.CXX ?? 'c++';
  const library = (name) => execute(compiler, [`-print-file-name=${name}`]).output.trim();
  const common = 'abort_on_error=1:print_stacktrace=1';
  return {
    SYNTHETIC_ATTENTION_ADDON: join(root, FOLDER, 'Release', ADDON),
    // Node itself is not built with them, so their runtime has to be there before it.
    LD_PRELOAD: `${library('libasan.so')} ${library('libubsan.so')}`,
    // V8 keeps what it needs until the end, and checks what an allocation returned.
    ASAN_OPTIONS: `${common}:detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=4096:detect_stack_use_after_return=0`,
    UBSAN_OPTIONS: `${common}:halt_on_error=1`,
  };
}
