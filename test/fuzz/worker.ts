/** What a thread of the layers target runs: many inputs at once, until it is ended. Faults are others' to find. */
import { workerData } from 'node:worker_threads';
import { inputSeed, Random } from './random.js';
import { kernelsTarget } from './targets/kernels.js';
import { layersTarget } from './targets/layers.js';

const { target, seed, count } = workerData as { target: string; seed: number; count: number };
const { generate, run } = target === 'kernels' ? kernelsTarget : layersTarget;
const inputs = Array.from({ length: count }, (_, i) => generate(new Random(inputSeed(seed, i))));
process.on('unhandledRejection', () => {});
const known = inputs.filter((input) => !('thread' in (input as object)));
await Promise.all(known.map((input) => (run as (input: unknown) => Promise<void>)(input).catch(() => {})));
