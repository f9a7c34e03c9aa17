"""Cases that a library computes itself: Keras 3's MultiHeadAttention, torch's scaled_dot_product_attention.

Each is also held against reference.py, which the layers that no library has are computed by.
"""

import os

os.environ['KERAS_BACKEND'] = 'torch'

import keras  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from keras.src.backend.common.masking import set_keras_mask  # noqa: E402

from cases import lengths_mask, make_inputs, random_mask, record  # noqa: E402
from golden_io import grid  # noqa: E402
from reference import attend, masked_softmax, merged_mask, tensor  # noqa: E402

KERAS_MASKS = {'valueMask': 'value_mask', 'keyMask': 'key_mask', 'attentionMask': 'attention_mask'}


def keras_case(rng, name, config, inputs, masks=None, causal=False):
    masks = masks or {}
    layer = keras.layers.MultiHeadAttention(
        num_heads=config['numHeads'],
        key_dim=config['keyDim'],
        value_dim=config.get('valueDim'),
        use_bias=config.get('useBias', True),
        output_shape=config.get('outputShape'),
        dtype='float64',
    )
    query = inputs['query']
    value = inputs.get('value', query)
    key = inputs.get('key', value)
    layer.build(query.shape, value.shape, key.shape)
    layer.set_weights([grid(rng, weight.shape, 0.4) for weight in layer.weights])
    prefix = layer.name + '/'
    names = [weight.path.removeprefix(prefix) for weight in layer.weights]
    weights = dict(zip(names, layer.get_weights(), strict=True))

    def run(**options):
        q = tensor(query)
        if 'queryMask' in masks:
            # Keras 3.15 overwrites the query_mask argument with the mask that the tensor carries
            set_keras_mask(q, tensor(masks['queryMask']))
        arguments = {KERAS_MASKS[m]: tensor(masks[m]) for m in masks if m in KERAS_MASKS}
        return layer(q, tensor(value), key=tensor(key), use_causal_mask=causal, **arguments, **options)

    # Keras computes in float64 and gives a fully masked row zero weights only when asked for the scores. Its
    # default path goes through float32 and averages all values for such a row.
    with torch.no_grad():
        output, scores = run(return_attention_scores=True)
        default_output = run()
    ours, our_scores = attend(['dot-product'], config, weights, inputs, masks, causal)
    assert torch.allclose(output, ours, rtol=1e-12, atol=1e-12), name
    assert torch.allclose(scores, our_scores, rtol=1e-12, atol=1e-12), name

    empty = ~(our_scores.sum(-1) > 0.5).all(1)  # [B, T], rows with nothing to attend to
    assert torch.allclose(default_output[~empty], output[~empty], rtol=1e-5, atol=1e-5), name
    extra = {}
    if empty.any():
        bias = tensor(weights['attention_output/bias'])
        assert torch.equal(output[empty], bias.expand_as(output[empty])), name
        extra['keras_output'] = default_output
    options = {'useCausalMask': True} if causal else {}
    return record(name, output, scores, config, weights, inputs, masks, options, **extra)


def keras_mha():
    rng = np.random.RandomState(101)
    small = {'numHeads': 2, 'keyDim': 4}
    one_row_off = random_mask(rng, (2, 5, 5))
    one_row_off[1, 2] = False
    return [
        keras_case(rng, 'self-attention', {'numHeads': 3, 'keyDim': 4}, make_inputs(rng, 2, 6, 8)),
        keras_case(
            rng,
            'self-attention, one head, one token',
            {'numHeads': 1, 'keyDim': 3},
            make_inputs(rng, 1, 1, 5),
        ),
        keras_case(
            rng,
            'cross-attention, value dim and feature dims differ',
            {'numHeads': 2, 'keyDim': 3, 'valueDim': 5},
            make_inputs(rng, 2, 4, 6, 7, 9),
        ),
        keras_case(
            rng,
            'cross-attention with a key of its own',
            {'numHeads': 2, 'keyDim': 5, 'valueDim': 3},
            make_inputs(rng, 2, 5, 6, 4, 7, 9),
        ),
        keras_case(rng, 'output shape', small | {'outputShape': 11}, make_inputs(rng, 2, 4, 6)),
        keras_case(
            rng, 'no bias', small | {'valueDim': 6, 'useBias': False}, make_inputs(rng, 2, 5, 7, 6, 8)
        ),
        keras_case(rng, 'causal', small, make_inputs(rng, 2, 6, 8), causal=True),
        keras_case(rng, 'causal, T < S', small, make_inputs(rng, 1, 4, 6, 7, 5), causal=True),
        keras_case(rng, 'causal, T > S', small, make_inputs(rng, 1, 7, 6, 4, 5), causal=True),
        keras_case(
            rng, 'query mask', small, make_inputs(rng, 2, 5, 6, 4, 8), {'queryMask': lengths_mask([5, 3], 5)}
        ),
        keras_case(
            rng,
            'value mask',
            small,
            make_inputs(rng, 3, 4, 6, 6, 8),
            {'valueMask': lengths_mask([6, 3, 1], 6)},
        ),
        keras_case(
            rng,
            'value mask with holes',
            small,
            make_inputs(rng, 2, 3, 6, 5, 6),
            {'valueMask': np.array([[0, 1, 1, 0, 1], [1, 0, 0, 0, 1]], dtype=bool)},
        ),
        keras_case(
            rng, 'key mask', small, make_inputs(rng, 2, 4, 6, 5, 7, 8), {'keyMask': lengths_mask([2, 5], 5)}
        ),
        keras_case(
            rng,
            'all masks and causal',
            small,
            make_inputs(rng, 2, 6, 6),
            {
                'queryMask': lengths_mask([6, 4], 6),
                'valueMask': lengths_mask([5, 4], 6),
                'keyMask': lengths_mask([6, 4], 6),
                'attentionMask': random_mask(rng, (2, 6, 6), 0.8),
            },
            causal=True,
        ),
        keras_case(
            rng,
            'attention mask',
            small | {'valueDim': 3},
            make_inputs(rng, 2, 4, 6, 7, 8),
            {'attentionMask': random_mask(rng, (2, 4, 7))},
        ),
        keras_case(rng, 'fully masked row', small, make_inputs(rng, 2, 5, 6), {'attentionMask': one_row_off}),
        keras_case(
            rng,
            'fully masked sequence',
            small,
            make_inputs(rng, 2, 3, 6, 4, 6),
            {'valueMask': lengths_mask([4, 0], 4)},
        ),
    ]


def sdpa_case(rng, name, shape, mask=None, causal=False, scale=None, value_dim=None):
    batch, heads, t, s, d = shape
    inputs = {
        'query': grid(rng, (batch, heads, t, d), 1.0),
        'key': grid(rng, (batch, heads, s, d), 1.0),
        'value': grid(rng, (batch, heads, s, value_dim or d), 1.0),
    }
    q, k, v = (tensor(inputs[key]) for key in ('query', 'key', 'value'))
    attn_mask = None if mask is None else tensor(mask)
    output = torch.nn.functional.scaled_dot_product_attention(
        q, k, v, attn_mask=attn_mask, is_causal=causal, scale=scale
    )
    masks = {} if mask is None else {'attentionMask': mask}
    logits = q @ k.transpose(-1, -2) * (d**-0.5 if scale is None else scale)
    scores = masked_softmax(logits, merged_mask(t, s, masks, causal))
    assert torch.allclose(output, scores @ v, rtol=1e-12, atol=1e-12), name
    options = ({'useCausalMask': True} if causal else {}) | ({} if scale is None else {'scale': scale})
    return record(name, output, scores, inputs=inputs, masks=masks, options=options)


def torch_sdpa():
    rng = np.random.RandomState(102)
    per_head = random_mask(rng, (2, 2, 5, 6))
    empty_row = random_mask(rng, (1, 2, 4, 5))
    empty_row[0, 1, 3] = False
    return [
        sdpa_case(rng, 'T < S', (2, 2, 5, 7, 4)),
        sdpa_case(rng, 'T > S, value dim differs', (1, 3, 8, 3, 5), value_dim=7),
        sdpa_case(rng, 'mask [B,H,T,S]', (2, 2, 5, 6, 4), mask=per_head),
        sdpa_case(rng, 'mask [B,1,T,S]', (2, 3, 4, 6, 4), mask=random_mask(rng, (2, 1, 4, 6))),
        sdpa_case(rng, 'fully masked row', (1, 2, 4, 5, 4), mask=empty_row),
        sdpa_case(rng, 'causal', (2, 2, 6, 6, 4), causal=True),
        sdpa_case(rng, 'causal, T < S', (1, 2, 4, 7, 4), causal=True),
        sdpa_case(rng, 'scale', (1, 2, 5, 6, 8), scale=0.125),
        sdpa_case(rng, 'scale 1 and causal, one query', (1, 1, 1, 9, 3), causal=True, scale=1.0),
        sdpa_case(rng, 'longer than a vector', (1, 1, 3, 37, 19)),
    ]
