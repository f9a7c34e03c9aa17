/**
 * Synthesizers of mesh-tensorflow (mesh_tensorflow/transformer, class Synthesizer), the code that the paper's
 * authors published. What differs from the layers here: docs/synthesizer.md.
 */
import { ArgumentError, describe, expectation, ShapeError } from '../../errors.js';
import { checkOptions, optionNames } from '../../options.js';
import { allocateFloats } from '../../tensor/allocate.js';
import { permute } from '../../tensor/permute.js';
import { checkBoolean, checkPositiveInteger, shapeText } from '../../tensor/shape.js';
import { Tensor, type TensorLike } from '../../tensor/tensor.js';
import { DenseSynthesizer } from '../dense_synthesizer.js';
import { inLayer } from '../layer_error.js';
import type { MixtureAttention } from '../mixture_attention.js';
import { MixtureSynthesizer } from '../mixture_synthesizer.js';
import { RandomSynthesizer } from '../random_synthesizer.js';
import { NamedTensors, scaled, withWeights } from './named_tensors.js';

/** synthesize_mode of the Synthesizer class. */
export type MeshTensorflowMode =
  | 'random'
  | 'factorized'
  | 'dense_minus'
  | 'random_plus'
  | 'random_plus_alpha'
  | 'dense_plus'
  | 'dense_plus_alpha';

export interface MeshTensorflowOptions {
  mode: MeshTensorflowMode;
  /** num_heads: variables with combined dimensions do not tell. */
  numHeads: number;
  /** fold_scaling_into_initializer, default true: queries are not divided by sqrt(key_dim) in the forward pass. */
  foldScalingIntoInitializer?: boolean;
  /** Of the variables' names; default ''. */
  prefix?: string;
  name?: string;
}

const OPTIONS = optionNames<keyof MeshTensorflowOptions>()(
  'mode',
  'numHeads',
  'foldScalingIntoInitializer',
  'prefix',
  'name',
);

interface Context {
  variables: NamedTensors;
  heads: number;
  folded: boolean;
  /** Config and weights that all modes share. */
  config: { numHeads: number; valueDim: number; useBias: false; outputShape: number; name?: string };
  weights: Record<string, Tensor>;
}

/** [d, heads * size] (combine_dims) or [d, heads, size], as the latter. */
function headKernel({ variables, heads }: Pick<Context, 'variables' | 'heads'>, name: string): Tensor {
  const found = variables.get(name, [null, null], [null, heads, null]);
  if (found.rank === 3) return found;
  const [rows, columns] = found.shape as [number, number];
  if (columns % heads !== 0) {
    throw new ShapeError(expectation(name, `columns that ${heads} heads divide`, shapeText(found.shape)));
  }
  return found.reshape([rows, heads, columns / heads]);
}

/** R [length, heads, memory_length] as [heads, N, N]. */
function randomKernel({ variables, heads }: Context): Tensor {
  const r = variables.get('R', [null, heads, null]);
  if (r.shape[0] !== r.shape[2]) {
    throw new ShapeError(expectation('R', 'as many rows as columns a head', shapeText(r.shape)));
  }
  const { data, shape } = permute(r.data, r.shape, [1, 0, 2]);
  return new Tensor(data, shape);
}

/**
 * R1 and R2 [k, heads, memory_length] have no length axis, so every row of R is the same: the sums over k of
 * R1 * R2. That is what the checkpoint learnt with, so that is what it becomes.
 */
function repeatedRows({ variables, heads }: Context): Tensor {
  const r1 = variables.get('R1', [null, heads, null]);
  const [k, , n] = r1.shape as [number, number, number];
  const r2 = variables.get('R2', [k, heads, n]);
  const out = allocateFloats([heads, n, n], 'a kernel');
  for (let h = 0; h < heads; h++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let i = 0; i < k; i++) {
        const at = (i * heads + h) * n + j;
        sum += r1.data[at]! * r2.data[at]!;
      }
      for (let row = 0; row < n; row++) out[(h * n + row) * n + j] = sum;
    }
  }
  return new Tensor(out, [heads, n, n]);
}

function randomLayer({ config, weights }: Context, kernel: Tensor): RandomSynthesizer {
  const layer = new RandomSynthesizer({ ...config, maxLength: kernel.shape[1]! });
  return withWeights(layer, { ...weights, 'random/kernel': kernel });
}

/** The hidden layer is the query itself, shared with the dot product where there is one; W2 serves all heads. */
function denseWeights(context: Context): {
  weights: Record<string, Tensor>;
  maxLength: number;
  hidden: number;
} {
  const q = headKernel(context, 'q');
  const hidden = q.shape[2]!;
  const second = context.variables.get('pi/kernel', [hidden, null]);
  const first = context.folded ? q : scaled(q, 1 / Math.sqrt(hidden));
  return {
    weights: { 'dense_1/kernel': first, 'dense_2/kernel': second },
    maxLength: second.shape[1]!,
    hidden,
  };
}

function denseLayer(context: Context): DenseSynthesizer {
  const { weights, maxLength, hidden } = denseWeights(context);
  const layer = new DenseSynthesizer({
    ...context.config,
    maxLength,
    hiddenDim: hidden,
    sharedAcrossHeads: true,
  });
  return withWeights(layer, { ...context.weights, ...weights });
}

function mixtureLayer(context: Context, kind: 'random' | 'dense', learned: boolean): MixtureSynthesizer {
  const { variables, config, folded } = context;
  const q = headKernel(context, 'q');
  const keyDim = q.shape[2]!;
  const weights: Record<string, Tensor> = {
    ...context.weights,
    // Our dot products are divided by sqrt(keyDim), theirs are not where the scale went into the initialiser.
    'query/kernel': folded ? scaled(q, Math.sqrt(keyDim)) : q,
    'key/kernel': headKernel(context, 'k'),
  };
  let maxLength: number;
  if (kind === 'random') {
    weights['random/kernel'] = randomKernel(context);
    maxLength = weights['random/kernel'].shape[1]!;
  } else {
    const dense = denseWeights(context);
    Object.assign(weights, dense.weights);
    maxLength = dense.maxLength;
  }
  if (learned) {
    // (1 - sigmoid(a)) S_1 + sigmoid(a) S_2 is softmax([0, a]).
    weights['mixing/logits'] = new Tensor(Float32Array.of(0, variables.get('alpha', [1]).data[0]!), [2]);
  }
  const layer = new MixtureSynthesizer({
    ...config,
    scores: ['dot-product', kind],
    mixing: learned ? 'learned' : 'sum',
    keyDim,
    hiddenDim: keyDim,
    maxLength,
    sharedAcrossHeads: kind === 'dense',
  });
  return withWeights(layer, weights);
}

const MODES: Readonly<Record<MeshTensorflowMode, (context: Context) => MixtureAttention>> = {
  random: (context) => randomLayer(context, randomKernel(context)),
  factorized: (context) => randomLayer(context, repeatedRows(context)),
  dense_minus: denseLayer,
  random_plus: (context) => mixtureLayer(context, 'random', false),
  random_plus_alpha: (context) => mixtureLayer(context, 'random', true),
  dense_plus: (context) => mixtureLayer(context, 'dense', false),
  dense_plus_alpha: (context) => mixtureLayer(context, 'dense', true),
};

/**
 * The layer of a mesh-tensorflow checkpoint.
 * @param variables q, k, v or kv [d, heads, size] (or [d, heads * size]), o [heads, size, d] (or combined), and what
 *   the mode needs: R [N, heads, N]; R1, R2 [k, heads, N]; pi/kernel [size, N]; alpha [1]
 * @throws ArgumentError, ShapeError if a variable is missing, left over or of another shape
 */
export function fromMeshTensorflow(
  variables: Readonly<Record<string, TensorLike>>,
  options: MeshTensorflowOptions,
): MixtureAttention {
  return inLayer('fromMeshTensorflow', () => {
    checkOptions('fromMeshTensorflow', OPTIONS, options ?? null);
    const { mode, prefix = '', name } = options;
    if (typeof mode !== 'string' || !Object.hasOwn(MODES, mode)) {
      throw new ArgumentError(expectation('mode', `one of ${Object.keys(MODES).join(', ')}`, describe(mode)));
    }
    const heads = checkPositiveInteger('numHeads', options.numHeads);
    const folded = checkBoolean('foldScalingIntoInitializer', options.foldScalingIntoInitializer ?? true);
    const named = new NamedTensors('variables', variables, prefix);
    // Modes without a key projection project keys and values with one matrix, of which only the values are used.
    const value = headKernel({ variables: named, heads }, mode.includes('plus') ? 'v' : 'kv');
    const valueDim = value.shape[2]!;
    const output = named.get('o', [heads * valueDim, null], [heads, valueDim, null]);
    const features = output.shape.at(-1)!;
    const layer = MODES[mode]({
      variables: named,
      heads,
      folded,
      config: {
        numHeads: heads,
        valueDim,
        useBias: false,
        outputShape: features,
        ...(name === undefined ? {} : { name }),
      },
      weights: {
        'value/kernel': value,
        'attention_output/kernel': output.reshape([heads, valueDim, features]),
      },
    });
    named.checkAllUsed();
    return layer;
  });
}
