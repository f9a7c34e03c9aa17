"""Draws the weights of one case and computes it by paper_formulas.py.

Where reference.py knows the layer too, both must agree.
"""

import numpy as np

import reference
from cases import record
from maskings import case_name, coarse, draw, lay_out, window
from paper_formulas import attend, attend_plainly


def score_shapes(kind, config, d_q, d_k):
    """Kernels and biases of one score function, in the order of the layer's weights."""
    heads, n = config['numHeads'], config.get('maxLength')
    key_dim = config.get('keyDim', config['valueDim'])
    hidden = config.get('hiddenDim', config['valueDim'])
    rank = config.get('rank', 8)
    own = () if config.get('sharedAcrossHeads') else (heads,)
    if kind == 'dot-product':
        return {
            'query': ((d_q, heads, key_dim), (heads, key_dim)),
            'key': ((d_k, heads, key_dim), (heads, key_dim)),
        }
    if kind == 'random':
        return {'random': ((heads, n, n), None)}
    if kind == 'factorized-random':
        return {f'factorized_random_{i}': ((heads, n, rank), None) for i in (1, 2)}
    if kind == 'dense':
        return {
            'dense_1': ((d_q, heads, hidden), (heads, hidden)),
            'dense_2': ((*own, hidden, n), (*own, n)),
        }
    a, b = config['factors']
    return {
        'factorized_dense_1': ((d_q, heads, hidden), (heads, hidden)),
        'factorized_dense_a': ((*own, hidden, a), (*own, a)),
        'factorized_dense_b': ((*own, hidden, b), (*own, b)),
    }


def draw_weights(rng, score_names, config, inputs):
    value = inputs.get('value', inputs['query'])
    d_q, d_v, d_k = (x.shape[-1] for x in (inputs['query'], value, inputs.get('key', value)))
    heads, value_dim = config['numHeads'], config['valueDim']
    out = config.get('outputShape', d_q)
    out = (out,) if isinstance(out, int) else tuple(out)
    shapes = {}
    for name in score_names:
        shapes |= score_shapes(name, config, d_q, d_k)
    shapes['value'] = ((d_v, heads, value_dim), (heads, value_dim))
    shapes['attention_output'] = ((heads, value_dim, *out), out)
    weights = {}
    for name, (kernel, bias) in shapes.items():
        # Scores of width 1 and more: the softmax is far from an average, and a wrong order shows.
        weights[f'{name}/kernel'] = coarse(rng, kernel, 1.2 if name.startswith('random') else 0.7)
        if bias is not None and config.get('useBias', True):
            weights[f'{name}/bias'] = coarse(rng, bias)
    if config.get('mixing') == 'learned':
        weights['mixing/logits'] = coarse(rng, (len(score_names),), 1.0)
    return weights


def reference_knows(score_names, config, masks):
    return (
        set(score_names) <= set(reference.SCORES)
        and not {'attentionAxes', 'slidingWindow'} & set(config)
        and isinstance(config.get('outputShape', 0), int)
        and np.ndim(masks.get('attentionMask', 0)) != 2
    )


def paper_case(rng, score_names, name, config, shapes, parts=()):
    inputs = lay_out(rng, *shapes)
    masks, causal = draw(rng, parts, config, inputs, config['numHeads'])
    config = config | window(parts)
    name = case_name(name, parts)
    weights = draw_weights(rng, score_names, config, inputs)
    output, scores = attend(score_names, config, weights, inputs, masks, causal)
    if reference_knows(score_names, config, masks):
        theirs = reference.attend(score_names, config, weights, inputs, masks, causal)
        for mine, other in zip((output, scores), theirs):
            np.testing.assert_allclose(mine, other.numpy(), rtol=1e-12, atol=1e-12, err_msg=name)
    options = {'useCausalMask': True} if causal else {}
    return record(name, output, scores, config, weights, inputs, masks, options)


def plain_family(seed, configs, plans):
    rng = np.random.RandomState(seed)
    cases = []
    for kind, config, draw_scales in configs:
        for name, shapes, parts in plans:
            inputs = lay_out(rng, *shapes)
            masks, causal = draw(rng, parts, config, inputs, plain=True)
            full = config | window(parts)
            weights = draw_scales(rng, inputs['query'].shape[-1])
            additive = kind == 'additive'
            output, scores = attend_plainly(full, weights, inputs, masks, causal, additive)
            options = {'useCausalMask': True} if causal else {}
            full_name = case_name(', '.join(filter(None, [kind, name])), parts)
            cases.append(record(full_name, output, scores, full, weights, inputs, masks, options))
    return cases
