/**
 * Which arrays an asynchronous call may use where they are. JavaScript can transfer or overwrite an array while a native
 * job works on it, so the addon copies the caller's arrays (native/binding/mirrors.h). It need not copy those that
 * nobody else can reach before the call has settled: results that are still to be returned, memory of `Scratch`, and
 * what this package keeps in private fields. Such an array is said to be owned by the run.
 */

export type NativeArray = Float32Array | Uint8Array;

/** One call, from its first step to its last. */
export class Run {
  /** Owned arrays, for the addon. */
  readonly arrays = new Set<NativeArray>();
  /** False once code that is not this package's has taken part in the steps: it may have seen any array. */
  trusted = true;

  constructor(readonly asynchronous: boolean) {}

  own(array: NativeArray): void {
    if (this.asynchronous && this.trusted) this.arrays.add(array);
  }

  distrust(): void {
    this.trusted = false;
    this.arrays.clear();
  }
}

let current: Run | undefined;

/** The run whose step is being made now. */
export function currentRun(): Run | undefined {
  return current;
}

/** What `body` makes belongs to `run`. */
export function during<T>(run: Run, body: () => T): T {
  const outer = current;
  current = run;
  try {
    return body();
  } finally {
    current = outer;
  }
}

/** Declares that nobody else can reach `array` until the current run ends. */
export function owned<A extends NativeArray>(array: A): A {
  current?.own(array);
  return array;
}
