"""Cases of the layers that no library has, by reference.py: Synthesizers and parameter-free attention."""

import numpy as np

from cases import affine, lengths_mask, make_inputs, random_mask, record
from golden_io import grid
from reference import attend, masked_softmax, merged_mask, tensor


def self_attention():
    rng = np.random.RandomState(103)
    cases = []
    for batch, t, d in ((2, 6, 8), (1, 17, 5)):
        x = grid(rng, (batch, t, d), 0.6)
        padding = {'valueMask': lengths_mask([t - 1, t // 2][:batch], t)}
        for suffix, masks, causal in (
            ('', {}, False),
            (', causal', {}, True),
            (', padding mask', padding, False),
            (', padding mask and causal', padding, True),
        ):
            z = tensor(x)[:, None]  # one head
            scores = masked_softmax(z @ z.transpose(-1, -2), merged_mask(t, t, masks, causal))
            name = f'[{batch},{t},{d}]{suffix}'
            options = {'useCausalMask': True} if causal else {}
            output = (scores @ z)[:, 0]
            cases.append(
                record(name, output, scores[:, 0], inputs={'query': x}, masks=masks, options=options)
            )
    return cases


def synthesizer_weights(rng, score_names, config, inputs, random=None):
    d_q = inputs['query'].shape[-1]
    d_v = inputs.get('value', inputs['query']).shape[-1]
    d_k = inputs['key'].shape[-1] if 'key' in inputs else d_v
    heads, value_dim, bias = config['numHeads'], config['valueDim'], config.get('useBias', True)
    n, hidden = config.get('maxLength'), config.get('hiddenDim')
    weights = {}
    if 'dot-product' in score_names:
        affine(rng, weights, 'query', (d_q, heads, config['keyDim']), (heads, config['keyDim']), bias)
        affine(rng, weights, 'key', (d_k, heads, config['keyDim']), (heads, config['keyDim']), bias)
    if 'random' in score_names:
        weights['random/kernel'] = grid(rng, (heads, n, n), 1.5) if random is None else random
    if 'dense' in score_names:
        affine(rng, weights, 'dense_1', (d_q, heads, hidden), (heads, hidden), bias)
        own = () if config.get('sharedAcrossHeads') else (heads,)
        affine(rng, weights, 'dense_2', (*own, hidden, n), (*own, n), bias)
    affine(rng, weights, 'value', (d_v, heads, value_dim), (heads, value_dim), bias)
    d_out = config.get('outputShape', d_q)
    affine(rng, weights, 'attention_output', (heads, value_dim, d_out), (d_out,), bias)
    if config.get('mixing') == 'learned':
        weights['mixing/logits'] = grid(rng, (len(score_names),), 1.0)
    return weights


def synthesizer_case(rng, name, score_names, config, inputs, masks=None, causal=False, random=None):
    masks = masks or {}
    weights = synthesizer_weights(rng, score_names, config, inputs, random)
    output, scores = attend(score_names, config, weights, inputs, masks, causal)
    options = {'useCausalMask': True} if causal else {}
    return record(name, output, scores, config, weights, inputs, masks, options)


def far_maximum(rng, heads, n):
    """R up to +-60, row maxima in the last two columns: before them exp(R - rowmax) underflows in float32.

    Rows take turns: 115 and more below the maximum (0 in float32), 90 to 103 below (subnormal), ordinary.
    """
    r = grid(rng, (heads, n, n), 2.0, 1 / 64)
    for row in range(n):
        if row % 3 == 0:
            r[:, row] -= 58
            r[:, row, n - 2] = 60
        elif row % 3 == 1:
            r[:, row] -= 40
            r[:, row, n - 1] = 56
    return np.clip(r, -60, 60)


def random_synthesizer():
    rng = np.random.RandomState(104)
    base = {'numHeads': 2, 'valueDim': 4, 'maxLength': 9}

    def case(name, config, inputs, **options):
        return synthesizer_case(rng, name, ['random'], config, inputs, **options)

    row_off = random_mask(rng, (2, 5, 5))
    row_off[0, 4] = False
    far = {'numHeads': 2, 'valueDim': 4, 'maxLength': 12}
    return [
        case('T < N', base, make_inputs(rng, 2, 5, 6)),
        case('T = N', base | {'numHeads': 3}, make_inputs(rng, 2, 9, 6)),
        case('one token', base, make_inputs(rng, 2, 1, 6)),
        case('no bias', base | {'useBias': False}, make_inputs(rng, 1, 4, 6)),
        case('output shape', base | {'outputShape': 10}, make_inputs(rng, 1, 4, 6)),
        case('causal, T < N', base, make_inputs(rng, 2, 6, 6), causal=True),
        case('causal, T = N', base, make_inputs(rng, 1, 9, 5), causal=True),
        case(
            'padding mask', base, make_inputs(rng, 3, 6, 5), masks={'valueMask': lengths_mask([6, 4, 1], 6)}
        ),
        case(
            'padding mask and causal',
            base,
            make_inputs(rng, 2, 6, 5),
            masks={'valueMask': lengths_mask([5, 2], 6)},
            causal=True,
        ),
        case('query mask', base, make_inputs(rng, 2, 4, 5), masks={'queryMask': lengths_mask([4, 2], 4)}),
        case(
            'attention mask, one row fully masked',
            base,
            make_inputs(rng, 2, 5, 6),
            masks={'attentionMask': row_off},
        ),
        case('cross-attention, T < S', base, make_inputs(rng, 2, 4, 6, 7, 8)),
        case('cross-attention, T > S', base | {'valueDim': 3}, make_inputs(rng, 1, 8, 6, 3, 5)),
        case('row maximum beyond S, T < N', far, make_inputs(rng, 1, 7, 6), random=far_maximum(rng, 2, 12)),
        case(
            'row maximum in the last columns, T = N',
            far,
            make_inputs(rng, 1, 12, 6),
            random=far_maximum(rng, 2, 12),
        ),
        case(
            'row maximum beyond the causal slice',
            far,
            make_inputs(rng, 1, 12, 6),
            random=far_maximum(rng, 2, 12),
            causal=True,
        ),
        case(
            'row maximum masked by padding',
            far,
            make_inputs(rng, 2, 12, 5),
            random=far_maximum(rng, 2, 12),
            masks={'valueMask': lengths_mask([11, 6], 12)},
        ),
    ]


def dense_synthesizer():
    rng = np.random.RandomState(105)
    base = {'numHeads': 2, 'valueDim': 4, 'maxLength': 8, 'hiddenDim': 5, 'sharedAcrossHeads': False}
    cases = []
    for config, prefix in ((base, ''), (base | {'sharedAcrossHeads': True}, 'shared, ')):

        def case(name, inputs, config=config, prefix=prefix, **options):
            cases.append(synthesizer_case(rng, prefix + name, ['dense'], config, inputs, **options))

        case('T < N', make_inputs(rng, 2, 5, 6))
        case('T = N', make_inputs(rng, 2, 8, 6))
        case('causal', make_inputs(rng, 2, 6, 6), causal=True)
        case('padding mask', make_inputs(rng, 2, 6, 5), masks={'valueMask': lengths_mask([6, 3], 6)})
        attention = random_mask(rng, (2, 5, 5))
        attention[1, 0] = False
        case(
            'attention mask, one row fully masked',
            make_inputs(rng, 2, 5, 6),
            masks={'attentionMask': attention},
        )
        case('cross-attention', make_inputs(rng, 2, 3, 6, 7, 9))
        case(
            'query mask, no bias',
            make_inputs(rng, 2, 4, 5),
            config=config | {'useBias': False},
            masks={'queryMask': lengths_mask([2, 4], 4)},
        )
    return cases


def mixture():
    rng = np.random.RandomState(106)
    base = {'numHeads': 2, 'keyDim': 4, 'valueDim': 4, 'maxLength': 8}
    dense = base | {'hiddenDim': 5, 'sharedAcrossHeads': False}
    names = {'R': 'random', 'D': 'dense', 'V': 'dot-product'}

    def case(paper_name, mixing, suffix, config, inputs, **options):
        scores = [names[letter] for letter in paper_name.split('+')]
        config = {'scores': scores, 'mixing': mixing} | config
        return synthesizer_case(rng, f'{paper_name}, {mixing}{suffix}', scores, config, inputs, **options)

    return [
        case('R+V', 'learned', '', base, make_inputs(rng, 2, 5, 6)),
        case('R+V', 'learned', ', T = N, causal', base, make_inputs(rng, 1, 8, 6), causal=True),
        case('R+V', 'sum', '', base, make_inputs(rng, 2, 5, 6)),
        case(
            'R+V',
            'sum',
            ', padding mask',
            base,
            make_inputs(rng, 2, 6, 6),
            masks={'valueMask': lengths_mask([6, 2], 6)},
        ),
        case(
            'R+V',
            'learned',
            ', cross-attention with a key of its own',
            base | {'valueDim': 3},
            make_inputs(rng, 2, 4, 6, 7, 5, 9),
        ),
        case('D+V', 'learned', '', dense, make_inputs(rng, 2, 5, 6)),
        case(
            'D+V',
            'learned',
            ', shared, attention mask',
            dense | {'sharedAcrossHeads': True},
            make_inputs(rng, 2, 5, 6),
            masks={'attentionMask': random_mask(rng, (2, 5, 5))},
        ),
        case('D+V', 'sum', ', causal', dense, make_inputs(rng, 1, 8, 6), causal=True),
        case('D+V', 'sum', ', cross-attention', dense, make_inputs(rng, 2, 3, 6, 7, 5)),
        case(
            'R+D', 'learned', '', {k: v for k, v in dense.items() if k != 'keyDim'}, make_inputs(rng, 2, 5, 6)
        ),
        case('R+D+V', 'learned', ', no bias', dense | {'useBias': False}, make_inputs(rng, 1, 6, 6)),
        case(
            'R+D+V',
            'sum',
            ', query mask',
            dense,
            make_inputs(rng, 2, 4, 6),
            masks={'queryMask': lengths_mask([4, 1], 4)},
        ),
    ]
