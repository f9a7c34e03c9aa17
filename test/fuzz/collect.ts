/** Garbage collection and transfers on demand: what a program may do at any moment. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let run: (() => void) | undefined;

export function collectGarbage(): void {
  if (run === undefined) {
    setFlagsFromString('--expose-gc');
    run = runInNewContext('gc') as () => void;
  }
  run();
}

/** Takes the memory away from everyone who holds a view of it, and frees it. Shared memory stays. */
export function detach(buffer: ArrayBufferLike): void {
  if (!(buffer instanceof ArrayBuffer)) return;
  structuredClone(null, { transfer: [buffer] });
}
