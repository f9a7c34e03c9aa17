/** torch.nn.TransformerEncoderLayer and TransformerDecoderLayer, from their state dicts. */
import { checkOptions, optionNames } from '../../options.js';
import { checkPositiveInteger } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Layer } from '../layer.js';
import { inLayer } from '../layer_error.js';
import { MultiHeadAttention } from '../multi_head_attention.js';
import { NamedTensors, transposedKernel } from './named_tensors.js';
import { type TorchAttentionOptions, type TorchState, torchAttentionWeights } from './torch.js';

export interface TorchTransformerOptions extends TorchAttentionOptions {
  /** norm_first of the module, default false. */
  normalizeFirst?: boolean;
  /** activation of the module, default 'relu'. */
  activation?: 'relu' | 'gelu';
  /** layer_norm_eps of the module, default 1e-5. */
  layerNormEpsilon?: number;
}

const OPTIONS = optionNames<keyof TorchTransformerOptions>()(
  'numHeads',
  'prefix',
  'name',
  'normalizeFirst',
  'activation',
  'layerNormEpsilon',
);

interface Constructor<L> {
  readonly className: string;
  new (config: {
    attention: MultiHeadAttention;
    crossAttention?: MultiHeadAttention;
    intermediateDim: number;
    normalizeFirst?: boolean;
    activation?: 'relu' | 'gelu';
    layerNormEpsilon?: number;
    name?: string;
  }): L;
}

function prefixed(prefix: string, tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}

/** Our names of the normalisations, in the order of torch's norm1, norm2, norm3. */
const NORMS = {
  encoder: ['self_attention', 'feedforward'],
  decoder: ['self_attention', 'cross_attention', 'feedforward'],
};

export function torchTransformer<L extends Layer>(
  LayerOf: Constructor<L>,
  values: TorchState,
  given: TorchTransformerOptions,
): L {
  const where = `${LayerOf.className}.fromTorch`;
  return inLayer(where, () => {
    checkOptions(where, OPTIONS, given ?? null);
    const { numHeads, prefix = '', name, ...options } = given;
    checkPositiveInteger('numHeads', numHeads);
    const state = new NamedTensors('state', values, prefix);
    const attention = (module: string) => {
      const { weights, keyDim, useBias } = torchAttentionWeights(state.below(`${module}.`), numHeads);
      return { layer: new MultiHeadAttention({ numHeads, keyDim, useBias }), weights };
    };
    const own = attention('self_attn');
    const cross = state.has('multihead_attn.out_proj.weight') ? attention('multihead_attn') : undefined;
    const up = state.get('linear1.weight', [null, null]);
    const [intermediateDim, features] = up.shape as [number, number];
    const weights: Record<string, Tensor> = {
      ...prefixed('self_attention/', own.weights),
      ...(cross && prefixed('cross_attention/', cross.weights)),
      'feedforward_intermediate_dense/kernel': transposedKernel(up, [intermediateDim]),
      'feedforward_intermediate_dense/bias': state.get('linear1.bias', [intermediateDim]),
      'feedforward_output_dense/kernel': transposedKernel(
        state.get('linear2.weight', [features, intermediateDim]),
        [features],
      ),
      'feedforward_output_dense/bias': state.get('linear2.bias', [features]),
    };
    for (const [i, norm] of NORMS[cross ? 'decoder' : 'encoder'].entries()) {
      weights[`${norm}_layer_norm/gamma`] = state.get(`norm${i + 1}.weight`, [features]);
      weights[`${norm}_layer_norm/beta`] = state.get(`norm${i + 1}.bias`, [features]);
    }
    state.checkAllUsed();
    const layer = new LayerOf({
      ...options,
      attention: own.layer,
      ...(cross && { crossAttention: cross.layer }),
      intermediateDim,
      ...(name === undefined ? {} : { name }),
    });
    layer.build([features]);
    layer.setWeights(weights);
    return layer;
  });
}
