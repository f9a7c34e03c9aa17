"""Cases of single kernels: GELU by mpmath, layer normalisation and softmax by torch in float64."""

import mpmath
import numpy as np
import torch

from cases import random_mask, record
from golden_io import exact, grid, rounded
from reference import masked_softmax, tensor


def gelu():
    """Both forms at 400 points: 360 over [-12, 12] and +-2^-1 ... +-2^-20, in 50-digit arithmetic."""
    mpmath.mp.dps = 50
    powers = 2.0 ** -np.arange(1, 21)
    line = np.round(np.linspace(-12, 12, 360) * 1024) / 1024
    x = np.sort(np.concatenate([line, powers, -powers]))
    points = [mpmath.mpf(v) for v in x.tolist()]
    # erfc keeps the left tail, where 1 + erf would cancel
    erf_form = [p * mpmath.erfc(-p / mpmath.sqrt(2)) / 2 for p in points]
    root = mpmath.sqrt(2 / mpmath.pi)
    c = mpmath.mpf('0.044715')
    # (1 + tanh u) / 2 = 1 / (1 + exp(-2u))
    tanh_form = [p / (1 + mpmath.exp(-2 * root * (p + c * p**3))) for p in points]
    return {
        'x': exact(x),
        'erf': rounded([float(y) for y in erf_form]),
        'tanh': rounded([float(y) for y in tanh_form]),
    }


def layer_norm_case(rng, name, x, epsilon):
    d = x.shape[-1]
    inputs = {'x': x, 'gamma': 1 + grid(rng, (d,), 0.4), 'beta': grid(rng, (d,), 0.5)}
    output = torch.nn.functional.layer_norm(
        tensor(x), (d,), tensor(inputs['gamma']), tensor(inputs['beta']), eps=epsilon
    )
    return record(name, output, inputs=inputs, config={'epsilon': epsilon})


def layer_norm():
    rng = np.random.RandomState(107)
    constant = grid(rng, (4, 16), 1.5)
    constant[2] = 0.75
    return [
        layer_norm_case(rng, 'epsilon 1e-12', grid(rng, (3, 5, 19), 2.0), 1e-12),
        layer_norm_case(rng, 'epsilon 1e-5, one constant row', constant, 1e-5),
        layer_norm_case(rng, 'large mean, small spread', 1000 + grid(rng, (2, 37), 0.5), 1e-5),
    ]


def softmax_case(name, x, mask=None, causal=False):
    masks = {} if mask is None else {'mask': mask}
    joined = None if mask is None else tensor(np.broadcast_to(mask, x.shape))
    if causal:
        triangle = torch.ones(x.shape[-2:], dtype=torch.bool).tril()
        joined = triangle if joined is None else joined & triangle
    output = masked_softmax(tensor(x), joined)
    return record(
        name, output, inputs={'x': x}, masks=masks, options={'useCausalMask': True} if causal else {}
    )


def softmax():
    rng = np.random.RandomState(108)
    empty = random_mask(rng, (3, 4, 7))
    empty[1, 2] = False
    empty[2] = False
    wide = grid(rng, (4, 21), 60.0, 1 / 64)
    return [
        softmax_case('no mask', grid(rng, (3, 5, 9), 2.0)),
        softmax_case('one column', grid(rng, (4, 1), 2.0)),
        softmax_case('large range', wide),
        softmax_case('large range, large offset', wide + 4096),
        softmax_case('mask, some rows fully masked', grid(rng, (3, 4, 7), 2.0), empty),
        softmax_case('mask of one row for all', grid(rng, (5, 18), 2.0), random_mask(rng, (1, 18))),
        softmax_case('mask hides the maximum', wide, wide < wide.max(-1, keepdims=True)),
        softmax_case('causal', grid(rng, (2, 6, 6), 2.0), causal=True),
        softmax_case('causal and mask', grid(rng, (2, 5, 8), 2.0), random_mask(rng, (2, 5, 8)), causal=True),
    ]
