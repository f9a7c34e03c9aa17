"""Runs a case through a module of PyTorch itself, in float64. Masks stay torch's: 1 means "do not attend"."""

import numpy as np
import torch

from cases import record
from golden_io import exact, flags
from maskings import coarse, lay_out
from paper_formulas import attend, masked_softmax

TIGHT = {'rtol': 1e-11, 'atol': 1e-12}


def set_state(rng, module):
    """Random parameters on a coarse grid, scales of normalisations around 1. Returns the state in NumPy."""
    state = {}
    for name, parameter in module.state_dict().items():
        centre = 1 if name.startswith('norm') and name.endswith('weight') else 0
        state[name] = centre + coarse(rng, tuple(parameter.shape))
    module.load_state_dict({name: torch.from_numpy(array) for name, array in state.items()})
    return state


def torch_record(name, output, scores, config, state, inputs, masks, options=None):
    case = record(name, output, scores, config, inputs=inputs, options=options)
    case['state'] = {key: exact(array) for key, array in state.items()}
    case['torch_masks'] = {key: flags(mask) for key, mask in masks.items()}
    return case


def padding(rng, batch, length):
    """torch's key_padding_mask: ends are ignored, now and then a hole, never the first position."""
    kept = rng.randint(1, length + 1, size=(batch, 1))
    mask = (np.arange(length) >= kept) | (rng.random_sample((batch, length)) < 0.2)
    mask[0, -1] = True
    mask[:, 0] = False
    return mask


def blocked(rng, shape):
    """torch's attn_mask with holes; every query keeps the first key."""
    mask = rng.random_sample(shape) < 0.4
    mask[..., -1] |= ~mask.any(-1)
    mask[..., 0] = False
    return mask


def causal(t, s):
    return np.triu(np.ones((t, s), dtype=bool), 1)


def keras_weights(state, heads):
    """The state of nn.MultiheadAttention by our names and in our shapes."""
    out = state['out_proj.weight']
    embed = out.shape[0]
    weights = {}
    for i, name in enumerate(('query', 'key', 'value')):
        part = slice(i * embed, (i + 1) * embed)
        packed = 'in_proj_weight' in state
        kernel = state['in_proj_weight'][part] if packed else state[f'{name[0]}_proj_weight']
        weights[f'{name}/kernel'] = kernel.T.reshape(-1, heads, embed // heads)
        if 'in_proj_bias' in state:
            weights[f'{name}/bias'] = state['in_proj_bias'][part].reshape(heads, -1)
    weights['attention_output/kernel'] = out.T.reshape(heads, embed // heads, embed)
    if 'out_proj.bias' in state:
        weights['attention_output/bias'] = state['out_proj.bias']
    return weights


def our_masks(masks, heads):
    ours = {}
    if 'key_padding_mask' in masks:
        ours['valueMask'] = ~masks['key_padding_mask']
    if 'attn_mask' in masks:
        mask = ~masks['attn_mask']
        ours['attentionMask'] = mask if mask.ndim == 2 else mask.reshape(-1, heads, *mask.shape[1:])
    return ours


def attention_case(rng, name, embed, heads, shapes, masks=None, bias=True):
    """@param shapes of query, value, key: features of the latter two are vdim and kdim"""
    inputs, masks = lay_out(rng, *shapes), masks or {}
    value = inputs.get('value', inputs['query'])
    key = inputs.get('key', value)
    config = {
        'numHeads': heads,
        'embedDim': embed,
        'bias': bias,
        'kdim': key.shape[-1],
        'vdim': value.shape[-1],
    }
    module = torch.nn.MultiheadAttention(
        embed,
        heads,
        bias=bias,
        kdim=config['kdim'],
        vdim=config['vdim'],
        batch_first=True,
        dtype=torch.float64,
    ).eval()
    state = set_state(rng, module)
    arrays = [torch.from_numpy(array) for array in (inputs['query'], key, value)]
    given = {name: torch.from_numpy(mask) for name, mask in masks.items()}
    with torch.no_grad():
        output, scores = module(*arrays, **given, average_attn_weights=False)
        unweighted, _ = module(*arrays, **given, need_weights=False)
    np.testing.assert_allclose(output.numpy(), unweighted.numpy(), err_msg=name, **TIGHT)
    weights = keras_weights(state, heads)
    ours, our_scores = attend(['dot-product'], {'numHeads': heads}, weights, inputs, our_masks(masks, heads))
    np.testing.assert_allclose(output.numpy(), ours, err_msg=name, **TIGHT)
    np.testing.assert_allclose(scores.numpy(), our_scores, err_msg=name, **TIGHT)
    return torch_record(name, output, scores, config, state, inputs, masks)


def grouped_case(rng, name, heads, shape, mask=None, is_causal=False, scale=None, value_dim=None):
    """scaled_dot_product_attention, whose boolean mask means "attend". @param heads of queries, of keys"""
    batch, t, s, d = shape
    inputs = lay_out(
        rng,
        (batch, heads[0], t, d),
        (batch, heads[1], s, value_dim or d),
        (batch, heads[1], s, d),
        std=1.0,
    )
    q, v, k = (torch.from_numpy(inputs[key]) for key in ('query', 'value', 'key'))
    output = torch.nn.functional.scaled_dot_product_attention(
        q,
        k,
        v,
        attn_mask=None if mask is None else torch.from_numpy(mask),
        is_causal=is_causal,
        scale=scale,
        enable_gqa=True,
    ).numpy()
    group = heads[0] // heads[1]
    keys, values = (np.repeat(inputs[name], group, axis=1) for name in ('key', 'value'))
    logits = np.einsum('bhtd,bhsd->bhts', inputs['query'], keys) * (d**-0.5 if scale is None else scale)
    full = np.ones(logits.shape, dtype=bool) if mask is None else np.broadcast_to(mask, logits.shape)
    scores = masked_softmax(logits, full & ~causal(t, s) if is_causal else full)
    np.testing.assert_allclose(output, scores @ values, err_msg=name, **TIGHT)
    options = ({'useCausalMask': True} if is_causal else {}) | ({} if scale is None else {'scale': scale})
    masks = {} if mask is None else {'attentionMask': mask}
    return record(name, output, scores, inputs=inputs, masks=masks, options=options)


def transformer_case(rng, name, config, lengths, masks):
    """@param lengths of the sequence, and of the memory where it is a decoder's layer"""
    batch, embed = 2, config['embedDim']
    sizes = [(batch, length, embed) for length in lengths]
    inputs = dict(zip(('query', 'memory'), lay_out(rng, *sizes).values()))
    kind = torch.nn.TransformerDecoderLayer if 'memory' in inputs else torch.nn.TransformerEncoderLayer
    module = kind(
        embed,
        config['numHeads'],
        config['intermediateDim'],
        dropout=0.0,
        activation=config['activation'],
        layer_norm_eps=config['layerNormEpsilon'],
        norm_first=config['normalizeFirst'],
        batch_first=True,
        dtype=torch.float64,
    ).eval()
    state = set_state(rng, module)
    arrays = [torch.from_numpy(array) for array in inputs.values()]
    given = {key: torch.from_numpy(mask) for key, mask in masks.items()}
    outputs = []
    for fast in (False, True):
        torch.backends.mha.set_fastpath_enabled(fast)
        with torch.no_grad():
            outputs.append(module(*arrays, **given).numpy())
    np.testing.assert_allclose(*outputs, err_msg=name, **TIGHT)
    return torch_record(name, outputs[0], None, config, state, inputs, masks)
