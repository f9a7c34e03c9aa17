/**
 * Which layers are exactly classes of this package. A class derived from one may override what the layer does and sees
 * intermediate arrays, so that an asynchronous call cannot use them where they are (lib/kernels/own_arrays.ts).
 */
import { currentRun, Run } from '../kernels/own_arrays.js';
import { registerLayer } from './registry.js';

type LayerClass = Parameters<typeof registerLayer>[0];

const prototypes = new WeakSet<object>();

/** `registerLayer` for the classes of this package. */
export function registerOwnLayer(layer: LayerClass): void {
  prototypes.add(layer.prototype as object);
  registerLayer(layer);
}

/** The run of a call of `layer`. */
export function runOf(layer: object, asynchronous: boolean): Run {
  const run = new Run(asynchronous);
  distrustForeign(layer, run);
  return run;
}

/** To be called before the steps of `layer`, with the run that they belong to. */
export function distrustForeign(layer: object, run = currentRun()): void {
  if (!isOwnLayer(layer)) run?.distrust();
}

/** Whether `layer` does what a class of this package does, and nothing else. */
export function isOwnLayer(layer: object): boolean {
  return prototypes.has(Object.getPrototypeOf(layer));
}
