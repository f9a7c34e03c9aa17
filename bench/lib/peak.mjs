// The peak of multiply-adds of all threads together, as bench/native measures it for one tier.
import { spawnSync } from 'node:child_process';
import { buildNativeProgram } from './native_program.mjs';

/**
 * A function that measures it now, in GFLOP/s; builds the program first.
 * @param refuse see buildNativeProgram
 */
export async function multiplyAddPeak(isa, threads, refuse) {
  const program = await buildNativeProgram('kernels_main.cc', refuse);
  const env = {
    ...process.env,
    SYNTHETIC_ATTENTION_ISA: isa,
    SYNTHETIC_ATTENTION_THREADS: String(threads),
  };
  return () => {
    // No case has such a name: the program prints the peak and ends.
    const { stdout } = spawnSync(program, ['--filter', 'none of them'], { env, encoding: 'utf8' });
    const peak = Number(/multiply-add peak ([\d.]+)/.exec(stdout ?? '')?.[1]);
    if (!(peak > 0)) throw new Error(`bench: expected a peak from ${program} but received ${stdout}`);
    return peak;
  };
}
