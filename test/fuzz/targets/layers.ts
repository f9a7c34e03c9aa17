/**
 * Every layer class with random configurations, masks, lengths and caches. The call at once of one layer is the
 * reference; an equal layer is called on the pool while its weights, operands and native memory are taken away.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import {
  EncoderDecoder,
  Layer,
  layerFromConfig,
  Tensor,
  TransformerEncoderLayer,
} from '../../../lib/index.js';
import type { CallableLayer } from '../../../lib/layers/callable_layer.js';
import { MixtureAttention } from '../../../lib/layers/mixture_attention.js';
import { collectGarbage, detach } from '../collect.js';
import { make, type Operand, ordinary } from '../operands.js';
import { sameBits } from '../same.js';
import { expectThat, outcome, type Target } from '../target.js';
import { generate, type Input, type LayerInput, type ThreadInput } from './layer_inputs.js';

type AnyLayer = CallableLayer<Record<string, unknown>, never>;
type AnyCall = (query: unknown, options: unknown) => unknown;

function makeMask(one: Operand): unknown {
  const tensor = make(one) as { data?: unknown };
  if (tensor?.data instanceof Uint8Array) {
    const { data } = tensor;
    for (let i = 0; i < data.length; i++) data[i] = ((i + one.seed) * 7919) % 5 < 3 ? 1 : 0;
  }
  return tensor;
}

function prepare({ query, tensors, options }: LayerInput): {
  query: unknown;
  options: Record<string, unknown>;
  all: unknown[];
} {
  const made = make(query);
  const others = Object.entries(tensors).map(
    ([name, one]) => [name, /mask$/i.test(name) ? makeMask(one) : make(one)] as const,
  );
  return {
    query: made,
    options: { ...Object.fromEntries(others), ...options },
    all: [made, ...others.map(([, tensor]) => tensor)],
  };
}

const outputOf = (value: unknown): Tensor =>
  Array.isArray(value) ? (value[0] as Tensor) : (value as Tensor);

function act(
  action: LayerInput['actions'][number],
  layer: AnyLayer,
  all: unknown[],
  controller: AbortController,
): void {
  const { data } = (all[action.at % all.length] ?? {}) as { data?: { buffer?: ArrayBufferLike } };
  if (action.do === 'transfer' && data?.buffer) detach(data.buffer);
  if (action.do === 'dispose') layer.dispose();
  if (action.do === 'abort') controller.abort();
  if (action.do === 'collect') collectGarbage();
  if (action.do === 'weights' && layer.built)
    layer.setWeights(
      layer.getWeights().map(
        ({ data: old, shape }) =>
          new Tensor(
            old.map((x) => -x),
            shape,
          ),
      ),
    );
  if (action.do === 'build' && layer.built) {
    const { queryShape, valueShape, keyShape } = layer.getBuildConfig()!;
    layer.build(queryShape, valueShape, keyShape);
  }
}

async function onPool(input: LayerInput, expected: Tensor | undefined): Promise<void> {
  const layer = layerFromConfig(input.layer) as unknown as AnyLayer;
  const { query, options, all } = prepare(input);
  const controller = new AbortController();
  const { signal } = controller;
  const call = layer.callAsync.bind(layer) as AnyCall;
  const start = () =>
    outcome(() => call(query, { ...options, signal })).catch((error: unknown) => {
      if (error === signal.reason) return { error: error as Error, value: undefined };
      throw error;
    });
  const calls = [start()];
  for (const action of input.actions) {
    if (action.do === 'again') calls.push(start());
    else if (action.do === 'turn') await turn();
    else act(action, layer, all, controller);
  }
  const has = (...names: string[]) => input.actions.some(({ do: name }) => names.includes(name));
  if (has('transfer')) collectGarbage();
  // The first call takes the memory away from the second.
  const detaching = [input.query, ...Object.values(input.tensors)].some(({ form }) => form === 'detaching');
  const replaced = ({ message }: Error) =>
    has('weights', 'build') && message.includes('for weights but received others');
  for (const { value, error } of await Promise.all(calls)) {
    if (error !== undefined) {
      expectThat(
        has('transfer', 'abort') || detaching || expected === undefined || replaced(error),
        `the call on the pool is refused: ${error.message}`,
      );
    } else {
      expectThat(expected !== undefined, 'the call on the pool accepts what the call at once refuses');
      if (has('weights')) continue;
      expectThat(sameBits(outputOf(value).data, expected!.data), 'the call on the pool gives other numbers');
    }
  }
  layer.dispose();
}

async function savedAndLoaded(layer: AnyLayer, input: LayerInput, expected: Tensor): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-fuzz-layer-'));
  try {
    await layer.save(folder);
    const loaded = (await Layer.load(folder)) as unknown as AnyLayer;
    const { query, options } = prepare(input);
    const again = outputOf((loaded.call as AnyCall).call(loaded, query, options));
    expectThat(sameBits(again.data, expected.data), 'the loaded layer gives other numbers');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Causal self-attention in pieces gives what it gives at once; float32 sums may be in another order. */
function byCache(layer: MixtureAttention, shape: readonly number[]): void {
  const [batch, length, features] = shape as [number, number, number];
  const whole = make({
    shape: [batch, length, features],
    seed: 5,
    fill: 'uniform',
    memory: 'plain',
    type: 'float32',
    form: 'shape',
    excess: 0,
  });
  const expected = layer.call(whole, { useCausalMask: true });
  const cache = layer.createCache();
  const width = expected.data.length / (batch * length);
  for (let at = 0; at < length; ) {
    const count = Math.min(length - at, 1 + ((at * 7) % 5));
    const rows = Float32Array.from({ length: batch * count * features }, (_, i) => {
      const [b, rest] = [Math.floor(i / (count * features)), i % (count * features)];
      return whole.data[(b * length + at) * features + rest]!;
    });
    const part = layer.call({ data: rows, shape: [batch, count, features] }, { cache });
    for (const [i, x] of part.data.entries()) {
      const [b, rest] = [Math.floor(i / (count * width)), i % (count * width)];
      const wanted = expected.data[(b * length + at) * width + rest]!;
      expectThat(
        Math.abs(x - wanted) <= 1e-4 * Math.max(1, Math.abs(wanted)),
        `by a cache ${x}, at once ${wanted}`,
      );
    }
    at += count;
  }
}

async function extra(layer: AnyLayer, input: LayerInput, expected: Tensor): Promise<void> {
  if (input.extra === 'save') await savedAndLoaded(layer, input, expected);
  if (input.extra === 'cache' && layer instanceof MixtureAttention && input.tensors.value === undefined) {
    byCache(layer, input.query.shape);
  }
  const explains = [MixtureAttention, TransformerEncoderLayer, EncoderDecoder].some(
    (Of) => layer instanceof Of,
  );
  if (input.extra === 'explain' && explains) {
    const { query, options } = prepare(input);
    const run = (layer as unknown as { explain: AnyCall }).explain.bind(layer);
    await outcome(() => (run(query, options) as { toHTML(): string }).toHTML());
  }
}

async function inThread(thread: ThreadInput['thread']): Promise<void> {
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: thread });
  const ended = new Promise<void>((resolve, reject) =>
    worker.on('exit', () => resolve()).on('error', reject),
  );
  const timer = setTimeout(() => void worker.terminate(), thread.endAfterMs);
  await ended;
  clearTimeout(timer);
}

export const layersTarget: Target<Input> = {
  name: 'layers',
  generate,
  async run(input) {
    if ('thread' in input) return inThread(input.thread);
    const layer = layerFromConfig(input.layer) as unknown as AnyLayer;
    const reference = await outcome(() => {
      const { query, options } = prepare(input);
      return outputOf((layer.call as AnyCall).call(layer, query, options));
    });
    const expected = reference.value;
    if (
      expected !== undefined &&
      input.sound &&
      [input.query, ...Object.values(input.tensors)].every(ordinary)
    ) {
      expectThat(expected.data.every(Number.isFinite), 'ordinary operands give numbers that are not finite');
      const value = input.tensors.target ?? input.tensors.value ?? input.query;
      const shape = layer.computeOutputShape(input.query.shape, value.shape);
      expectThat(String(shape) === String(expected.shape), `expected [${shape}] but got [${expected.shape}]`);
    }
    await onPool(input, expected);
    if (expected === undefined) throw reference.error;
    if (input.sound) await extra(layer, input, expected);
    layer.dispose();
  },
};
