/**
 * Attention and its gradient as two kernels of the backend 'synthetic'. The first keeps the softmax, of which the second
 * makes everything: dV = P^T dY, dP = dY V^T, dS = P (dP - sum_j dP_j P_j), and what each score function makes of dS.
 */

import { maskStrides } from '../../../kernels/masks.js';
import { addon } from '../../../native/load.js';
import type { AttentionOptions } from '../../../native/operations.js';
import { sizeOf } from '../../../tensor/shape.js';
import type { SyntheticBackend } from '../../backend/synthetic_backend.js';
import type { tf } from '../../tensorflow.js';
import type { AttentionCall } from '../attention_call.js';
import { allPairsOf, hidesKeys } from '../pairs.js';
import { SCORES } from '../scores/index.js';
import type { NativeSource, Operand, ScoreGradientCall } from '../scores/score_operation.js';
import { type Inputs, registerOwnKernels } from './own_kernels.js';
import { innerProduct, Workspace } from './workspace.js';

export const FORWARD = 'SyntheticAttention';
export const GRADIENT = 'SyntheticAttentionGradient';

/** The attributes of both kernels. */
export interface FusedAttributes {
  call: AttentionCall;
  /** How many operands each score function has. */
  counts: readonly number[];
  /** Whether the weights of the mixture are an input. */
  mixed: boolean;
  /** Forward: whether the softmax is a second result. */
  weights: boolean;
}

interface Opened {
  value: Operand;
  mix: Float32Array | undefined;
  operands: Operand[][];
  rest: Operand[];
}

/** Inputs go by number: value, mix where there is one, and all operands; then, of the gradient, softmax and dy. */
function open(backend: SyntheticBackend, inputs: Inputs, { counts, mixed }: FusedAttributes): Opened {
  const all = Object.keys(inputs)
    .map(Number)
    .sort((a, b) => a - b)
    .map((i) => inputs[i]!)
    .map((info) => ({ data: backend.floats(info), shape: info.shape }));
  const value = all.shift()!;
  const mix = mixed ? all.shift()!.data : undefined;
  const operands = counts.map((count) => all.splice(0, count));
  return { value, mix, operands, rest: all };
}

/** softmax(sources) V by strides; with `columns` below those of the value only its leading ones. */
function attention(
  call: AttentionCall,
  sources: readonly NativeSource[],
  { value, mix }: Opened,
  columns: number,
  out: Float32Array,
  weights: Float32Array | null,
): void {
  const { batch, heads, queries, keys } = call.sizes;
  const width = value.shape[2]!;
  const far = call.slidingWindow === null ? -1 : call.slidingWindow - 1;
  const mask = call.mask && maskStrides('mask', call.mask, [batch, heads, queries, keys]);
  const options: AttentionOptions = {
    batch,
    heads,
    queries,
    keys,
    valueColumns: columns,
    sources: sources.map(({ options: source }, i) => ({
      ...source,
      weight: source.weight * (mix?.[i] ?? 1),
    })),
    value: value.data,
    valueStrides: [keys * width, width / heads, width],
    out,
    outStrides: [queries * heads * columns, columns, heads * columns],
    mask: mask?.data ?? null,
    maskStrides: mask?.strides ?? [0, 0, 0],
    kvGroup: 1,
    position: 0,
    before: far,
    after: call.causal ? 0 : far,
    weights,
  };
  addon().attention(options);
}

/** [batch, keys, heads * valueDim] as a matrix a head. */
function valueRows(call: AttentionCall, value: Operand) {
  const { batch, heads, keys } = call.sizes;
  return { batch, heads, length: keys, columns: value.shape[2]! / heads };
}

/** The pairs that are not masked, where one of `values` holds something that a weight of 0 would not make 0. */
function seenPairs(work: Workspace, call: AttentionCall, values: readonly Operand[]): Uint8Array | undefined {
  const finite = !hidesKeys(call) || values.every(({ data }) => work.isFinite(data));
  return finite ? undefined : allPairsOf(call);
}

function forward(backend: SyntheticBackend, inputs: Inputs, attributes: FusedAttributes): tf.TensorInfo[] {
  const { call } = attributes;
  const { batch, heads, queries, keys } = call.sizes;
  const opened = open(backend, inputs, attributes);
  const width = opened.value.shape[2]!;
  const whole = [batch, heads, queries, keys];
  const work = new Workspace(backend);
  const sources = call.scores.map((name, i) => SCORES[name].source(opened.operands[i]!, call.sizes));
  try {
    const softmax = attributes.weights || call.dropout ? work.take(sizeOf(whole)) : null;
    let context: Float32Array;
    if (call.dropout) {
      // One column of the values: the softmax is what is wanted.
      attention(call, sources, opened, 1, work.take(batch * queries * heads), softmax);
      const rows = valueRows(call, opened.value);
      const used = work.multiply(softmax!, call.dropout);
      const seen = seenPairs(work, call, [opened.value]);
      const sizes = { batch: batch * heads, m: queries, k: keys, n: rows.columns, seen };
      const each = work.product(used, work.headsFirst(opened.value.data, rows), sizes);
      context = work.headsLast(each, { ...rows, length: queries });
    } else {
      context = work.take(batch * queries * width);
      attention(call, sources, opened, width / heads, context, softmax);
    }
    const results = [backend.wrap([batch, queries, width], work.keep(context))];
    if (attributes.weights) results.push(backend.wrap(whole, work.keep(softmax!)));
    return results;
  } finally {
    for (const source of sources) source.dispose?.();
    work.release();
  }
}

/** Gradients of all inputs of the forward kernel, in their order. */
function gradient(backend: SyntheticBackend, inputs: Inputs, attributes: FusedAttributes): tf.TensorInfo[] {
  const { call } = attributes;
  const { sizes } = call;
  const { batch, heads, queries, keys } = sizes;
  const { value, mix, operands, rest } = open(backend, inputs, attributes);
  const [softmax, dy] = rest as [Operand, Operand];
  const work = new Workspace(backend);
  try {
    const rows = valueRows(call, value);
    const seen = seenPairs(work, call, [value, dy, ...operands.flat()]);
    const matrices = { batch: batch * heads, m: queries, n: rows.columns, k: keys };
    const dContext = work.headsFirst(dy.data, { ...rows, length: queries });
    const values = work.headsFirst(value.data, rows);
    const dUsed = work.product(dContext, values, {
      ...matrices,
      n: keys,
      k: rows.columns,
      transposeB: true,
    });
    if (seen) work.hide(dUsed, seen);
    const used = call.dropout ? work.multiply(softmax.data, call.dropout) : softmax.data;
    const dValues = work.product(used, dContext, {
      ...matrices,
      m: keys,
      k: queries,
      transposeA: true,
      seen,
    });
    const dWeights = call.dropout ? work.multiply(dUsed, call.dropout) : dUsed;
    const logits = work.softmaxGradient(softmax.data, dWeights, keys);
    if (seen) work.hide(logits, seen);
    let sum: Float32Array | undefined;
    const batchSum = (): Float32Array => {
      sum ??= work.sumOver(logits, 1, batch, heads * queries * keys);
      return sum;
    };
    const scored = call.scores.map((name, i) => {
      const own: ScoreGradientCall = { work, operands: operands[i]!, sizes, logits, seen, batchSum };
      return SCORES[name].gradient(own);
    });
    const results: [readonly number[], Float32Array][] = [[value.shape, work.headsLast(dValues, rows)]];
    if (mix) results.push([[mix.length], mixGradient(call, operands, scored)]);
    for (const [i, each] of scored.entries()) {
      for (const [j, data] of each.entries()) {
        results.push([operands[i]![j]!.shape, work.scale(data, mix?.[i] ?? 1)]);
      }
    }
    return results.map(([shape, data]) => backend.wrap([...shape], work.keep(data)));
  } finally {
    work.release();
  }
}

function mixGradient(
  { scores }: AttentionCall,
  operands: readonly (readonly Operand[])[],
  gradients: readonly (readonly Float32Array[])[],
): Float32Array {
  return Float32Array.from(scores, (name, i) =>
    SCORES[name].linear
      .filter((j) => j < operands[i]!.length)
      .reduce((total, j) => total + innerProduct(operands[i]![j]!.data, gradients[i]![j]!), 0),
  );
}

/** Makes the kernels known; once is enough. */
export function registerAttentionKernels(): void {
  registerOwnKernels<FusedAttributes>({ [FORWARD]: forward, [GRADIENT]: gradient });
}
