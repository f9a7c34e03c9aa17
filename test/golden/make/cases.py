"""The shape of a case in attention.json, and the random inputs, weights and masks it is made of."""

import numpy as np

from golden_io import exact, flags, grid, rounded


def record(
    name, output, scores=None, config=None, weights=None, inputs=None, masks=None, options=None, **extra
):
    case = {
        'name': name,
        'config': config or {},
        'weights': {key: exact(value) for key, value in (weights or {}).items()},
        'inputs': {key: exact(value) for key, value in (inputs or {}).items()},
        'masks': {key: flags(value) for key, value in (masks or {}).items()},
        'options': options or {},
        'output': rounded(output),
    }
    if scores is not None:
        case['scores'] = rounded(scores)
    return case | {key: rounded(value, 6) for key, value in extra.items()}


def make_inputs(rng, batch, t, d_q, s=None, d_v=None, d_k=None):
    """Only what differs from its default is stored: value defaults to query, key to value."""
    inputs = {'query': grid(rng, (batch, t, d_q), 0.8)}
    if s is not None:
        inputs['value'] = grid(rng, (batch, s, d_v), 0.8)
    if d_k is not None:
        inputs['key'] = grid(rng, (batch, s, d_k), 0.8)
    return inputs


def affine(rng, weights, name, kernel_shape, bias_shape, use_bias=True):
    weights[f'{name}/kernel'] = grid(rng, kernel_shape, 0.4)
    if use_bias:
        weights[f'{name}/bias'] = grid(rng, bias_shape, 0.5)


def lengths_mask(lengths, size):
    return np.arange(size)[None, :] < np.asarray(lengths)[:, None]


def random_mask(rng, shape, keep=0.6):
    """A mask [B, T, S] that leaves every query something to attend to."""
    mask = rng.random_sample(shape) < keep
    mask[..., 0] |= ~mask.any(-1)
    return mask
