"""The attention family in NumPy, float64, one head at a time, as papers print the formulas:

Y_h = softmax( sum_i alpha_i S_i,h ) V_h          Y = sum_h (g_h * Y_h) W_o,h + b_o

Written without reference.py, against which it is held where both know a layer. Masks mean "attend".
"""

import math

import numpy as np


class Layout:
    """Which axes are attended: arrays go to [batch..., length, features] and back."""

    def __init__(self, query_shape, key_shape, axes):
        self.axes = tuple(axes)
        self.batch_axes = tuple(i for i in range(len(query_shape) - 1) if i not in self.axes)
        self.batch = tuple(query_shape[i] for i in self.batch_axes)
        self.queries = tuple(query_shape[i] for i in self.axes)
        self.keys = tuple(key_shape[i] for i in self.axes)

    @classmethod
    def of(cls, config, inputs, plain=False):
        query = inputs['query'].shape
        rank = len(query)
        axes = config.get('attentionAxes')
        if plain:
            axes = [rank - 2]
        elif axes is None:
            axes = range(1, rank - 1)
        elif isinstance(axes, int):
            axes = [axes]
        return cls(query, inputs.get('value', inputs['query']).shape, [axis % rank for axis in axes])

    def sequence(self, x):
        """[..., features] -> [batch..., length, features]"""
        order = (*self.batch_axes, *self.axes, x.ndim - 1)
        return x.transpose(order).reshape(*self.batch, -1, x.shape[-1])

    def places(self, mask):
        """A mask of positions -> [batch..., length]"""
        return mask.transpose(*self.batch_axes, *self.axes).reshape(*self.batch, -1)

    def original(self, y, tail):
        """[batch..., queries, features] -> the axes of the query, then `tail`"""
        order = (*self.batch_axes, *self.axes)
        y = y.reshape(*self.batch, *self.queries, *tail)
        back = [order.index(i) for i in range(len(order))]
        return y.transpose(*back, *range(len(order), y.ndim))

    def scores(self, p, heads=True):
        """[batch..., heads, T, S] -> [batch..., heads, queries..., keys...]"""
        return p.reshape(*self.batch, *([p.shape[-3]] if heads else []), *self.queries, *self.keys)


def allowed(layout, heads, masks, causal=False, window=None):
    """What may be attended, [batch..., heads, T, S]: all masks joined by AND."""
    t, s = math.prod(layout.queries), math.prod(layout.keys)
    mask = np.ones((*layout.batch, heads, t, s), dtype=bool)
    if 'queryMask' in masks:
        mask &= layout.places(masks['queryMask'])[..., None, :, None]
    for name in ('valueMask', 'keyMask'):
        if name in masks:
            mask &= layout.places(masks[name])[..., None, None, :]
    if 'attentionMask' in masks:
        given, attended = masks['attentionMask'], len(layout.axes)
        leading, rest = given.shape[: -2 * attended], given.shape[-2 * attended :]
        ones = (1,) * (len(layout.batch) + 1 - len(leading))
        full = np.broadcast_to(
            given.reshape(*leading, *ones, *rest), (*layout.batch, heads, *layout.queries, *layout.keys)
        )
        mask &= full.reshape(mask.shape)
    for i in range(t):
        for j in range(s):
            if (causal and j > i) or (window is not None and abs(i - j) > window - 1):
                mask[..., i, j] = False
    return mask


def masked_softmax(logits, mask):
    """Over the keys; what is masked weighs 0, and so does the whole of a row without keys."""
    top = np.max(np.where(mask, logits, -np.inf), axis=-1, keepdims=True)
    e = np.where(mask, np.exp(np.where(mask, logits, 0) - np.where(np.isfinite(top), top, 0)), 0.0)
    total = e.sum(-1, keepdims=True)
    return np.divide(e, total, out=np.zeros_like(e), where=total > 0)


def affine(x, weights, name, h):
    """x W_h + b_h, the head in the middle of the kernel: [d, heads, k]"""
    y = x @ weights[f'{name}/kernel'][:, h]
    return y + weights[f'{name}/bias'][h] if f'{name}/bias' in weights else y


def second_affine(hidden, weights, name, h):
    """hidden W_h + b_h, kernel [heads, hidden, k], or [hidden, k] for all heads"""
    kernel = weights[f'{name}/kernel']
    own = kernel.ndim == 3
    y = hidden @ (kernel[h] if own else kernel)
    if f'{name}/bias' not in weights:
        return y
    bias = weights[f'{name}/bias']
    return y + (bias[h] if own else bias)


def dot_product(x, y, weights, config, h):
    q = affine(x, weights, 'query', h)
    k = affine(y, weights, 'key', h // key_group(config))
    return q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])


def random(x, y, weights, config, h):
    return weights['random/kernel'][h][: x.shape[-2], : y.shape[-2]]


def factorized_random(x, y, weights, config, h):
    r = weights['factorized_random_1/kernel'][h] @ weights['factorized_random_2/kernel'][h].T
    return r[: x.shape[-2], : y.shape[-2]]


def dense(x, y, weights, config, h):
    hidden = np.maximum(0, affine(x, weights, 'dense_1', h))
    return second_affine(hidden, weights, 'dense_2', h)[..., : y.shape[-2]]


def factorized_dense(x, y, weights, config, h):
    hidden = np.maximum(0, affine(x, weights, 'factorized_dense_1', h))
    a = second_affine(hidden, weights, 'factorized_dense_a', h)
    b = second_affine(hidden, weights, 'factorized_dense_b', h)
    size = a.shape[-1]
    return np.stack([a[..., j % size] * b[..., j // size] for j in range(y.shape[-2])], axis=-1)


SCORES = {
    'dot-product': dot_product,
    'random': random,
    'factorized-random': factorized_random,
    'dense': dense,
    'factorized-dense': factorized_dense,
}


def key_group(config):
    """How many query heads share one head of keys and values."""
    return config['numQueryHeads'] // config['numKeyValueHeads'] if 'numQueryHeads' in config else 1


def mixing_weights(score_names, config, weights):
    if len(score_names) == 1 or config['mixing'] == 'sum':
        return [1.0] * len(score_names)
    e = np.exp(weights['mixing/logits'])
    return e / e.sum()


def attend(score_names, config, weights, inputs, masks, causal=False):
    """A layer with projections. Returns output and scores in the shapes of the layer."""
    layout = Layout.of(config, inputs)
    x, v, k = sequences(layout, inputs)
    heads = config.get('numQueryHeads', config.get('numHeads'))
    mask = allowed(layout, heads, masks, causal, config.get('slidingWindow'))
    out_kernel = weights['attention_output/kernel']
    tail = out_kernel.shape[2:]
    output = np.zeros((*x.shape[:-1], math.prod(tail)))
    scores = np.zeros(mask.shape)
    alpha = mixing_weights(score_names, config, weights)
    for h in range(heads):
        logits = sum(a * SCORES[name](x, k, weights, config, h) for a, name in zip(alpha, score_names))
        p = masked_softmax(np.broadcast_to(logits, mask[..., h, :, :].shape), mask[..., h, :, :])
        y = p @ affine(v, weights, 'value', h // key_group(config))
        if config.get('useGate'):
            y = y / (1 + np.exp(-affine(x, weights, 'gate', h)))
        output += y @ out_kernel[h].reshape(y.shape[-1], -1)
        scores[..., h, :, :] = p
    if 'attention_output/bias' in weights:
        output += weights['attention_output/bias'].ravel()
    return layout.original(output, tail), layout.scores(scores)


def attend_plainly(config, weights, inputs, masks, causal=False, additive=False):
    """SelfAttention, Attention and AdditiveAttention: leading axes are batch axes, there are no heads."""
    layout = Layout.of(config, inputs, plain=True)
    x, v, k = sequences(layout, inputs)
    scale = weights.get('scale', 1.0)
    if additive or config.get('scoreMode') == 'concat':
        pairs = x[..., :, None, :] + k[..., None, :, :]
        if additive:
            logits = (scale * np.tanh(pairs)).sum(-1)
        else:
            logits = weights['concat_score_weight'] * np.tanh(scale * pairs).sum(-1)
    else:
        logits = scale * (x @ np.swapaxes(k, -1, -2))
    mask = allowed(layout, 1, masks, causal, config.get('slidingWindow'))[..., 0, :, :]
    p = masked_softmax(logits, mask)
    return layout.original(p @ v, (v.shape[-1],)), layout.scores(p, heads=False)


def sequences(layout, inputs):
    value = inputs.get('value', inputs['query'])
    return (layout.sequence(x) for x in (inputs['query'], value, inputs.get('key', value)))
