/** torch.nn.MultiheadAttention: its state dict and its masks, whose booleans mean the opposite of ours. */
import { types } from 'node:util';
import { ArgumentError, describe, expectation, ShapeError } from '../../errors.js';
import { checkOptions, optionNames } from '../../options.js';
import { checkPositiveInteger, shapeText } from '../../tensor/shape.js';
import {
  checkMask,
  checkTensor,
  type Mask,
  type MaskLike,
  Tensor,
  type TensorLike,
} from '../../tensor/tensor.js';
import type { Layer } from '../layer.js';
import { inLayer } from '../layer_error.js';
import type { AttentionMasks } from '../masks.js';
import { NamedTensors, transposedKernel, withWeights } from './named_tensors.js';

/** A state dict: tensors by name, as `module.state_dict()` or a safetensors file holds them. */
export type TorchState = Readonly<Record<string, TensorLike>>;

export interface TorchAttentionOptions {
  /** num_heads of the module: the state does not tell. */
  numHeads: number;
  /** Of the names in `state`, such as 'encoder.layers.0.self_attn.'; default ''. */
  prefix?: string;
  name?: string;
}

const OPTIONS = optionNames<keyof TorchAttentionOptions>()('numHeads', 'prefix', 'name');
const MASKS = optionNames<keyof TorchMasks>()('keyPaddingMask', 'attnMask');

/** Rows [from, to) of a matrix or a vector. */
function rows(tensor: Tensor, from: number, to: number): Tensor {
  const each = tensor.size / tensor.shape[0]!;
  return new Tensor(tensor.data.subarray(from * each, to * each), [to - from, ...tensor.shape.slice(1)]);
}

type Constructor<L> = new (config: {
  numHeads: number;
  keyDim: number;
  useBias: boolean;
  name?: string;
}) => L;

/** Tensors of one attention module in the names and shapes of MultiHeadAttention. */
export function torchAttentionWeights(state: NamedTensors, numHeads: number) {
  for (const name of ['bias_k', 'bias_v']) {
    if (state.has(name)) {
      throw new ArgumentError(expectation('state', 'a module without add_bias_kv', `a tensor ${name}`));
    }
  }
  const out = state.get('out_proj.weight', [null, null]);
  const embed = out.shape[0]!;
  if (embed % numHeads !== 0) {
    throw new ArgumentError(expectation('numHeads', `a divisor of embed_dim ${embed}`, String(numHeads)));
  }
  const keyDim = embed / numHeads;
  const packed = state.find('in_proj_weight', [3 * embed, embed]);
  const bias = state.find('in_proj_bias', [3 * embed]);
  const weights: Record<string, Tensor> = {};
  for (const [i, name] of ['query', 'key', 'value'].entries()) {
    const separate = `${name[0]}_proj_weight`;
    const weight = packed ? rows(packed, i * embed, (i + 1) * embed) : state.get(separate, [embed, null]);
    weights[`${name}/kernel`] = transposedKernel(weight, [numHeads, keyDim]);
    if (bias) weights[`${name}/bias`] = rows(bias, i * embed, (i + 1) * embed).reshape([numHeads, keyDim]);
  }
  const outKernel = transposedKernel(out, [embed]);
  weights['attention_output/kernel'] = outKernel.reshape([numHeads, keyDim, embed]);
  if (bias) weights['attention_output/bias'] = state.get('out_proj.bias', [embed]);
  return { weights, keyDim, useBias: bias !== undefined };
}

export function fromTorch<L extends Layer>(
  LayerOf: Constructor<L> & { readonly className: string },
  values: TorchState,
  options: TorchAttentionOptions,
): L {
  const where = `${LayerOf.className}.fromTorch`;
  return inLayer(where, () => {
    checkOptions(where, OPTIONS, options ?? null);
    const { numHeads, prefix = '', name } = options;
    checkPositiveInteger('numHeads', numHeads);
    const state = new NamedTensors('state', values, prefix);
    const { weights, keyDim, useBias } = torchAttentionWeights(state, numHeads);
    state.checkAllUsed();
    return withWeights(
      new LayerOf({ numHeads, keyDim, useBias, ...(name === undefined ? {} : { name }) }),
      weights,
    );
  });
}

export interface TorchMasks {
  /** [batch, keys], true = ignore; or additive floats as in attnMask. */
  keyPaddingMask?: MaskLike;
  /**
   * [queries, keys] or [batch * heads, queries, keys]: booleans, true = do not attend, or additive floats, of which 0
   * attends and -10000 or less (-1e9, -Infinity) does not.
   */
  attnMask?: MaskLike;
}

/**
 * Additive masks are added to logits before the softmax. What they hide is written as -Infinity, the least number of
 * a type (-65504, -3.4e38), -1e9 or -10000: beside any logit that attends, the weight is 0 in each case.
 */
const HIDDEN = -1e4;

/** What torch lets through: booleans that are false, additive floats that are 0. */
function attended(name: string, mask: MaskLike): Mask {
  const { data } = (mask ?? {}) as { data?: unknown };
  if (!types.isFloat32Array(data)) {
    const { data: ignored, shape } = checkMask(name, mask);
    return { data: Uint8Array.from(ignored, (x) => (x ? 0 : 1)), shape };
  }
  const tensor = checkTensor(name, mask as TensorLike);
  const other = tensor.data.find((x) => x !== 0 && !(x <= HIDDEN));
  if (other !== undefined) {
    const received = `${describe(other)}; ${HIDDEN} and less count as -Infinity, and a bias of logits is no mask`;
    throw new ArgumentError(expectation(name, 'booleans, or floats that are 0 or -Infinity', received));
  }
  return { data: Uint8Array.from(tensor.data, (x) => (x === 0 ? 1 : 0)), shape: tensor.shape };
}

/**
 * Masks of torch.nn.MultiheadAttention as the masks of `call`: inverted, and with heads apart from the batch.
 * @param numHeads needed for an attnMask of rank 3
 */
export function masksFromTorch(
  masks: TorchMasks,
  numHeads = 1,
): Pick<AttentionMasks, 'valueMask' | 'attentionMask'> {
  return inLayer('masksFromTorch', () => {
    checkOptions('masksFromTorch', MASKS, masks ?? null);
    checkPositiveInteger('numHeads', numHeads);
    const out: Pick<AttentionMasks, 'valueMask' | 'attentionMask'> = {};
    if (masks.keyPaddingMask !== undefined) {
      out.valueMask = attended('keyPaddingMask', masks.keyPaddingMask);
    }
    if (masks.attnMask !== undefined) {
      const { data, shape } = attended('attnMask', masks.attnMask);
      const [first = 0, ...rest] = shape;
      if (shape.length === 2) out.attentionMask = { data, shape };
      else if (shape.length === 3 && first % checkPositiveInteger('numHeads', numHeads) === 0) {
        out.attentionMask = { data, shape: [first / numHeads, numHeads, ...rest] };
      } else {
        const expected = `shape [queries, keys] or [batch * ${numHeads} heads, queries, keys]`;
        throw new ShapeError(expectation('attnMask', expected, shapeText(shape)));
      }
    }
    return out;
  });
}
