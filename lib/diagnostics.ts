/** What runs here: for `synthetic-attention info`, bug reports and benchmarks. */
import { ArgumentError, describe, expectation } from './errors.js';
import type { NativeTier } from './native/addon.js';
import { addon, addonPath } from './native/load.js';
import { platformTag } from './native/platform.js';
import { version } from './package_root.js';

export interface Info {
  version: string;
  node: string;
  /** Operating system, processor family and, on Linux, C library, such as linux-x64-glibc or darwin-arm64. */
  platform: string;
  cpu: string;
  /** Instruction-set tier in use. */
  isa: string;
  /** The instruction that multiplies 8-bit numbers. */
  int8: string;
  tiers: NativeTier[];
  /** Threads of the pool. */
  threads: number;
  /** What affinity mask and cgroup quota leave to this process. */
  availableCpus: number;
  compiler: string;
  napiVersion: number;
  addonPath: string;
}

export function info(): Info {
  const native = addon().info();
  return {
    version: version(),
    node: process.version,
    platform: platformTag(),
    cpu: native.cpu,
    isa: native.isa,
    int8: native.int8,
    tiers: native.tiers,
    threads: native.threads,
    availableCpus: native.availableCpus,
    compiler: native.compiler,
    napiVersion: native.napiVersion,
    addonPath: addonPath(),
  };
}

const MAX_THREADS = 256;

/** Sizes the pool that all of this process shares; takes effect with the next operation. */
export function setThreads(threads: number): void {
  if (!Number.isSafeInteger(threads) || threads < 1 || threads > MAX_THREADS) {
    throw new ArgumentError(expectation('threads', `an integer from 1 to ${MAX_THREADS}`, describe(threads)));
  }
  addon().setThreads({ threads });
}
