/** What turns the hidden states of a text into its embedding: pooling, then the modules behind it. */
import { ArgumentError, describe, expectation, ModelError } from '../../errors.js';
import { l2NormalizeAsync } from '../../kernels/rows.js';
import { allItems } from '../../options.js';
import { allocateFloats } from '../../tensor/allocate.js';
import { Tensor } from '../../tensor/tensor.js';
import type { LoadedModel } from '../architectures/loaded_model.js';
import type { ModelDirectory } from '../directory/model_directory.js';
import type { TokenBatch } from '../feed/batch.js';
import { encodeJob, type Failures, withRowsChecked } from '../feed/encode_job.js';
import { POOLING_MODES, type PoolingMode } from '../types.js';
import { Dense } from './dense.js';
import { poolTokens } from './pool_tokens.js';

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
  if (modes.length === 0 || !allItems(modes, (mode) => POOLING_MODES.includes(mode as PoolingMode))) {
    throw new ArgumentError(
      expectation('pooling', `one of ${POOLING_MODES.join(', ')}`, describe(value), 'range'),
    );
  }
  return modes;
}

/** Numbers of an embedding before any are cut off. */
export function headWidth(hidden: number, modes: readonly PoolingMode[], steps: readonly Step[]): number {
  const pooled = hidden * modes.length;
  const dense = steps.filter((step) => step !== 'normalize');
  if (dense.length > 0 && dense[0]!.inputs !== pooled) {
    throw new ArgumentError(
      expectation(
        'pooling',
        `modes that give the ${dense[0]!.inputs} numbers of Dense`,
        modes.join(', '),
        'conflict',
      ),
    );
  }
  return dense.at(-1)?.outputs ?? pooled;
}

/** Steps without the scaling at their end. */
export function withoutLastNormalize(steps: readonly Step[]): readonly Step[] {
  const last = steps.findLastIndex((step) => step !== 'normalize');
  return steps.slice(0, last + 1);
}

/**
 * Embeddings of a batch, written to `out` [texts, plan.dimensions].
 * @returns the texts that have none; their rows are zeros
 */
export async function embed(
  model: LoadedModel,
  batch: TokenBatch,
  plan: HeadPlan,
  out: Float32Array,
): Promise<Failures> {
  const texts = batch.offsets.length - 1;
  const [first, ...rest] = plan.steps;
  const scaled = first === 'normalize';
  const steps = scaled ? rest : plan.steps;
  const width = headWidth(model.dimensions, plan.modes, steps);
  if (steps.length === 0 && width === plan.dimensions) {
    return pooled(model, batch, plan, scaled || plan.normalize, out);
  }
  let rows = Tensor.zeros([texts, model.dimensions * plan.modes.length]);
  const failures = await pooled(model, batch, plan, scaled, rows.data);
  for (const step of steps) {
    rows = step === 'normalize' ? await l2NormalizeAsync(rows, { out: rows }) : await step.apply(rows);
  }
  // Before any are cut off: what is wrong with the numbers behind the last one kept is wrong with the model.
  const all = withRowsChecked(failures, rows.data, width);
  for (let i = 0; i < texts; i++) {
    out.set(rows.data.subarray(i * width, i * width + plan.dimensions), i * plan.dimensions);
  }
  if (plan.normalize) {
    const kept = new Tensor(out, [texts, plan.dimensions]);
    await l2NormalizeAsync(kept, { out: kept });
  }
  return all;
}

/** Of a batch. */
export interface States {
  /** Hidden states of all tokens, [tokens, hidden]. */
  states: Float32Array;
  /** Texts that have none; their rows are zeros. */
  failures: Failures;
}

export async function tokenStates(model: LoadedModel, batch: TokenBatch): Promise<States> {
  const states = allocateFloats([batch.ids.length, model.dimensions], 'token states');
  return { states, failures: await encodeJob(model, batch, { output: 'tokens', out: states }) };
}

async function pooled(
  model: LoadedModel,
  batch: TokenBatch,
  { modes, skip }: HeadPlan,
  normalize: boolean,
  out: Float32Array,
): Promise<Failures> {
  const [mode] = modes as [PoolingMode, ...PoolingMode[]];
  if (modes.length === 1 && (mode !== 'cls' || skip === 0)) {
    return encodeJob(model, batch, { output: mode, skip, normalize, out });
  }
  const { states, failures } = await tokenStates(model, batch);
  poolTokens(states, model.dimensions, batch.offsets, modes, skip, out);
  const columns = model.dimensions * modes.length;
  const all = withRowsChecked(failures, out, columns);
  if (normalize) {
    const rows = new Tensor(out, [batch.offsets.length - 1, columns]);
    await l2NormalizeAsync(rows, { out: rows });
  }
  return all;
}
