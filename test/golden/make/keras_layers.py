"""Runs a case through a layer of Keras 3 itself, in float64, and holds it against paper_formulas.py."""

import os

os.environ['KERAS_BACKEND'] = 'torch'

import keras  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from keras.src.backend.common import dtypes  # noqa: E402
from keras.src.backend.common.masking import set_keras_mask  # noqa: E402

from cases import record  # noqa: E402
from maskings import case_name, coarse, draw, lay_out, window  # noqa: E402
from paper_formulas import Layout, allowed, attend, attend_plainly  # noqa: E402

# Keras 3.15 promotes float64 to float32 outside of TensorFlow; the arithmetic is the same without.
dtypes.BIT64_TO_BIT32_DTYPE['float64'] = 'float64'

PROJECTED = {
    'MultiHeadAttention': keras.layers.MultiHeadAttention,
    'GroupedQueryAttention': keras.layers.GroupQueryAttention,
}
PLAIN = {'Attention': keras.layers.Attention, 'AdditiveAttention': keras.layers.AdditiveAttention}
OPTIONS = {
    'numHeads': 'num_heads',
    'keyDim': 'key_dim',
    'valueDim': 'value_dim',
    'headDim': 'head_dim',
    'numQueryHeads': 'num_query_heads',
    'numKeyValueHeads': 'num_key_value_heads',
    'useBias': 'use_bias',
    'useGate': 'use_gate',
    'useScale': 'use_scale',
    'scoreMode': 'score_mode',
    'outputShape': 'output_shape',
    'attentionAxes': 'attention_axes',
    'slidingWindow': 'sliding_window',
}
KERAS_MASKS = {
    'queryMask': 'query_mask',
    'valueMask': 'value_mask',
    'keyMask': 'key_mask',
    'attentionMask': 'attention_mask',
}
TIGHT = {'rtol': 1e-11, 'atol': 1e-12}


def keras_options(config):
    return {OPTIONS[name]: value for name, value in config.items()} | {'dtype': 'float64'}


def set_weights(rng, layer, plain=False):
    """Random weights on a coarse grid; scales lie around 1. Returns them by Keras' names."""
    layer.set_weights([coarse(rng, weight.shape) + (1 if plain else 0) for weight in layer.weights])
    prefix = layer.name + '/'
    names = [weight.path.removeprefix(prefix) for weight in layer.weights]
    return dict(zip(names, layer.get_weights(), strict=True))


def qvk(inputs):
    value = inputs.get('value', inputs['query'])
    return inputs['query'], value, inputs.get('key', value)


def tensors(inputs):
    return [torch.from_numpy(array) for array in qvk(inputs)]


def fits_own_masks(config, inputs, masks, causal):
    """Whether Keras' mask arguments say it: they know [B, T, d], or attention over axis 1 alone."""
    rank = inputs['query'].ndim
    attention = masks.get('attentionMask')
    joined = len(masks) + causal + ('slidingWindow' in config) > 1
    if joined and attention is not None and attention.ndim != rank:
        return False  # Keras joins by plain broadcasting, with masks [B, T, S]
    if rank == 3:
        return True
    rules = causal or 'slidingWindow' in config
    return masks.keys() <= {'attentionMask'} and (not rules or Layout.of(config, inputs).axes == (1,))


def call_projected(layer, inputs, masks, **options):
    query, value, key = tensors(inputs)
    given = {KERAS_MASKS[name]: torch.from_numpy(mask) for name, mask in masks.items()}
    if 'query_mask' in given and type(layer) is keras.layers.MultiHeadAttention:
        # Keras 3.15 overwrites the query_mask argument with the mask that the tensor carries
        set_keras_mask(query, given['query_mask'])
    return layer(query, value, key=key, **given, **options)


def projected_case(rng, kind, name, config, shapes, parts=()):
    inputs = lay_out(rng, *shapes)
    heads = config.get('numQueryHeads', config.get('numHeads'))
    masks, causal = draw(rng, parts, config, inputs, heads)
    config = config | window(parts)
    name = case_name(name, parts)
    layout = Layout.of(config, inputs)
    merged = allowed(layout, heads, masks, causal, config.get('slidingWindow'))
    own = fits_own_masks(config, inputs, masks, causal)
    theirs = config if own else {k: v for k, v in config.items() if k != 'slidingWindow'}
    their_masks = masks if own else {'attentionMask': layout.scores(merged)}
    layer = PROJECTED[kind](**keras_options(theirs))
    layer.build(*(array.shape for array in qvk(inputs)))
    weights = set_weights(rng, layer)
    ours, our_scores = attend(['dot-product'], config, weights, inputs, masks, causal)
    rule = {'use_causal_mask': causal and own}
    with torch.no_grad():
        output, scores = call_projected(layer, inputs, their_masks, return_attention_scores=True, **rule)
        default = call_projected(layer, inputs, their_masks, **rule)
    np.testing.assert_allclose(output.numpy(), ours, err_msg=name, **TIGHT)
    np.testing.assert_allclose(scores.numpy(), our_scores, err_msg=name, **TIGHT)
    # The default path averages all values for rows with nothing to attend to.
    rows = layout.original(merged.any(-1).all(-2)[..., None], ())
    np.testing.assert_allclose(default.numpy()[rows], ours[rows], err_msg=name, **TIGHT)
    return record(
        name, output, scores, config, weights, inputs, masks, {'useCausalMask': True} if causal else {}
    )


def plain_case(rng, kind, name, config, shapes, parts=()):
    inputs = lay_out(rng, *shapes)
    masks, causal = draw(rng, parts, config, inputs, plain=True)
    name = case_name(name, parts)
    layer = PLAIN[kind](**keras_options(config))
    layer.build([array.shape for array in qvk(inputs)])
    weights = set_weights(rng, layer, plain=True)
    additive = kind == 'AdditiveAttention'
    ours, our_scores = attend_plainly(config, weights, inputs, masks, causal, additive)
    query_mask, value_mask = (
        torch.from_numpy(masks[m]) if m in masks else None for m in ('queryMask', 'valueMask')
    )
    with torch.no_grad():
        output, scores = layer(
            tensors(inputs),
            mask=[query_mask, value_mask],
            return_attention_scores=True,
            use_causal_mask=causal,
        )
    # Keras leaves weights in rows with nothing to attend to: under a query mask, and where no key is left.
    rows = allowed(Layout.of(config, inputs, plain=True), 1, masks, causal)[..., 0, :, :].any(-1)[..., None]
    output = np.where(rows, output.numpy(), 0.0)
    scores = np.where(rows, scores.numpy(), 0.0)
    np.testing.assert_allclose(output, ours, err_msg=name, **TIGHT)
    np.testing.assert_allclose(scores, our_scores, err_msg=name, **TIGHT)
    return record(
        name, output, scores, config, weights, inputs, masks, {'useCausalMask': True} if causal else {}
    )
