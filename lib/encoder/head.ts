/** What turns the hidden states of a text into its embedding: pooling, then the modules behind it. */
import { ArgumentError, describe, expectation, ModelError } from '../errors.js';
import { l2NormalizeAsync } from '../kernels/rows.js';
import { EncodeOutput } from '../native/addon.js';
import { addon } from '../native/load.js';
import { typedError } from '../native/native_error.js';
import { Tensor } from '../tensor/tensor.js';
import { Dense } from './dense.js';
import type { LoadedModel } from './loaded_model.js';
import type { ModelDirectory } from './model_directory.js';
import { poolTokens } from './pool_tokens.js';
import type { TokenBatch } from './token_batches.js';
import type { PoolingMode } from './types.js';

export type Step = Dense | 'normalize';

/** What is done with the hidden states of every text of a call. */
export interface HeadPlan {
  modes: readonly PoolingMode[];
  /** Leading tokens that the pooling leaves out. */
  skip: number;
  steps: readonly Step[];
  /** Leading numbers of an embedding that are kept. */
  dimensions: number;
  /** Scale what is kept to unit length. */
  normalize: boolean;
}

const POOLING_MODES: readonly PoolingMode[] = [
  'cls',
  'mean',
  'max',
  'mean_sqrt_len',
  'weightedmean',
  'lasttoken',
];

export async function loadSteps(directory: ModelDirectory, hidden: number): Promise<Step[]> {
  const steps: Step[] = [];
  try {
    let width = hidden * directory.pooling.modes.length;
    for (const { kind, path } of directory.modules) {
      const step = kind === 'Dense' ? await Dense.load(path) : 'normalize';
      steps.push(step);
      if (step === 'normalize') continue;
      if (step.inputs !== width) {
        throw new ModelError(
          expectation(`${path}: in_features`, `the ${width} numbers before it`, String(step.inputs)),
        );
      }
      width = step.outputs;
    }
    return steps;
  } catch (error) {
    disposeSteps(steps);
    throw error;
  }
}

export function disposeSteps(steps: readonly Step[]): void {
  for (const step of steps) if (step !== 'normalize') step.dispose();
}

export function checkPooling(value: unknown): readonly PoolingMode[] {
  const modes = Array.isArray(value) ? value : [value];
  if (modes.length === 0 || !modes.every((mode) => POOLING_MODES.includes(mode))) {
    throw new ArgumentError(expectation('pooling', `one of ${POOLING_MODES.join(', ')}`, describe(value)));
  }
  return modes;
}

/** Numbers of an embedding before any are cut off. */
export function headWidth(hidden: number, modes: readonly PoolingMode[], steps: readonly Step[]): number {
  const pooled = hidden * modes.length;
  const dense = steps.filter((step) => step !== 'normalize');
  if (dense.length > 0 && dense[0]!.inputs !== pooled) {
    throw new ArgumentError(
      expectation('pooling', `modes that give the ${dense[0]!.inputs} numbers of Dense`, modes.join(', ')),
    );
  }
  return dense.at(-1)?.outputs ?? pooled;
}

/** Steps without the scaling at their end. */
export function withoutLastNormalize(steps: readonly Step[]): readonly Step[] {
  const last = steps.findLastIndex((step) => step !== 'normalize');
  return steps.slice(0, last + 1);
}

/** Embeddings of a batch, written to `out` [texts, plan.dimensions]. */
export async function embed(
  model: LoadedModel,
  batch: TokenBatch,
  plan: HeadPlan,
  out: Float32Array,
): Promise<void> {
  const texts = batch.offsets.length - 1;
  const [first, ...rest] = plan.steps;
  const scaled = first === 'normalize';
  const steps = scaled ? rest : plan.steps;
  const width = headWidth(model.dimensions, plan.modes, steps);
  if (steps.length === 0 && width === plan.dimensions) {
    return pooled(model, batch, plan, scaled || plan.normalize, out);
  }
  let rows = new Tensor(new Float32Array(texts * model.dimensions * plan.modes.length), [
    texts,
    model.dimensions * plan.modes.length,
  ]);
  await pooled(model, batch, plan, scaled, rows.data);
  for (const step of steps) {
    rows = step === 'normalize' ? await l2NormalizeAsync(rows, { out: rows }) : await step.apply(rows);
  }
  for (let i = 0; i < texts; i++) {
    out.set(rows.data.subarray(i * width, i * width + plan.dimensions), i * plan.dimensions);
  }
  if (plan.normalize) {
    const kept = new Tensor(out, [texts, plan.dimensions]);
    await l2NormalizeAsync(kept, { out: kept });
  }
}

/** Hidden states of all tokens of a batch, [tokens, hidden]. */
export async function tokenStates(model: LoadedModel, batch: TokenBatch): Promise<Float32Array> {
  const out = new Float32Array(batch.ids.length * model.dimensions);
  await encodeJob(model, batch, 'tokens', 0, false, out);
  return out;
}

async function pooled(
  model: LoadedModel,
  batch: TokenBatch,
  { modes, skip }: HeadPlan,
  normalize: boolean,
  out: Float32Array,
): Promise<void> {
  const [mode] = modes as [PoolingMode, ...PoolingMode[]];
  if (modes.length === 1 && (mode !== 'cls' || skip === 0)) {
    return encodeJob(model, batch, mode, skip, normalize, out);
  }
  poolTokens(await tokenStates(model, batch), model.dimensions, batch.offsets, modes, skip, out);
  if (!normalize) return;
  const rows = new Tensor(out, [batch.offsets.length - 1, model.dimensions * modes.length]);
  await l2NormalizeAsync(rows, { out: rows });
}

async function encodeJob(
  model: LoadedModel,
  batch: TokenBatch,
  output: keyof typeof EncodeOutput,
  skip: number,
  normalize: boolean,
  out: Float32Array,
): Promise<void> {
  try {
    await addon().encodeAsync({
      model: model.handle,
      ids: batch.ids,
      offsets: batch.offsets,
      output: EncodeOutput[output],
      skip,
      normalize,
      out,
    });
  } catch (cause) {
    // A tokenizer may know tokens that the model does not; only a text that has them tells.
    const { message } = cause as Error;
    throw message.startsWith('ids: ')
      ? new ModelError(`the tokenizer's ${message}`, { cause })
      : typedError(cause);
  }
}
