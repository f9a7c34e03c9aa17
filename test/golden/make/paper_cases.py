"""The cases of synthesizers.json: what no library has, structures of a layer times maskings."""

import numpy as np

from maskings import coarse
from paper_layers import paper_case, plain_family

KINDS = {
    'V': 'dot-product',
    'R': 'random',
    'FR': 'factorized-random',
    'D': 'dense',
    'FD': 'factorized-dense',
}
SELF, SELF_FULL = [(2, 4, 3)], [(1, 6, 3)]
CROSS, CROSS_LONG = [(2, 3, 3), (2, 5, 4)], [(1, 6, 3), (1, 4, 2)]
MASKINGS = [
    ('causal',),
    ('window 2',),
    ('window 3', 'causal'),
    ('query mask',),
    ('value mask',),
    ('key mask',),
    ('attention mask [T,S]',),
    ('attention mask [B,T,S]', 'value mask'),
    ('attention mask [B,H,T,S]',),
    ('row fully masked',),
    ('sequence fully masked', 'causal'),
]


def family(seed, score_names, base, structures, maskings=MASKINGS):
    """Every masking on the first structure, self- and cross-attention in turn; then the other structures."""
    rng = np.random.RandomState(seed)
    (first, options), *others = structures
    cases = [
        paper_case(rng, score_names, f'{first}, T < N', base | options, SELF),
        paper_case(rng, score_names, f'{first}, T = N', base | options, SELF_FULL),
        paper_case(rng, score_names, f'{first}, cross-attention, T < S', base | options, CROSS),
        paper_case(rng, score_names, f'{first}, cross-attention, T > S', base | options, CROSS_LONG),
    ]
    for i, parts in enumerate(maskings):
        cross = i % 2 == 1
        name = f'{first}, cross-attention' if cross else first
        cases.append(paper_case(rng, score_names, name, base | options, CROSS if cross else SELF, parts))
    for name, options, *rest in others:
        shapes = rest[0] if rest else SELF_FULL
        cases.append(paper_case(rng, score_names, name, base | options, shapes))
    return cases


STRUCTURES = [
    ('no bias', {'useBias': False}),
    ('output shape', {'outputShape': 4}),
    ('output shape of two axes', {'outputShape': [2, 3]}, CROSS),
    ('three heads, one token', {'numHeads': 3}, [(2, 1, 3)]),
    ('axes: last but one', {'attentionAxes': 2}, [(2, 2, 4, 3)]),
    ('axes: middle', {'attentionAxes': [1]}, [(1, 4, 2, 3), (1, 6, 2, 2)]),
    ('axes: both', {'attentionAxes': [1, 2]}, [(2, 2, 3, 3)]),
]
BASE = {'numHeads': 2, 'valueDim': 3, 'maxLength': 6}


def paper_random():
    structures = [('two heads', {}), *STRUCTURES, ('frozen', {'trainable': False})]
    return family(401, ['random'], BASE, structures)


def paper_factorized_random():
    structures = [
        ('rank 2', {'rank': 2}),
        ('default rank', {}),
        ('rank 1', {'rank': 1}),
        *((name, {'rank': 3} | options, *rest) for name, options, *rest in STRUCTURES),
    ]
    return family(402, ['factorized-random'], BASE, structures)


def paper_dense():
    shared = {'sharedAcrossHeads': True, 'hiddenDim': 4}
    structures = [
        ('hidden 5', {'hiddenDim': 5}),
        *STRUCTURES,
        ('default hidden', {}),
        ('shared', shared),
        ('shared, no bias', shared | {'useBias': False}),
        ('shared, cross-attention', shared, CROSS),
        ('shared, axes: middle', shared | {'attentionAxes': 1}, [(2, 3, 2, 3)]),
    ]
    return family(403, ['dense'], BASE, structures)


def paper_factorized_dense():
    """Factors with a common divisor tell tiling and repeating apart."""
    shared = {'sharedAcrossHeads': True}
    structures = [('factors 2 by 3', {'factors': [2, 3], 'hiddenDim': 4})]
    structures += [(name, {'factors': [3, 2]} | options, *rest) for name, options, *rest in STRUCTURES]
    for a, b in ((2, 4), (4, 2), (3, 3), (3, 4), (1, 5), (5, 1), (2, 6)):
        options = {'factors': [a, b], 'maxLength': a * b}
        structures.append((f'factors {a} by {b}, T = N', options, [(1, a * b, 2)]))
        if a * b > 6:
            sizes = [(1, 2, 3), (1, 7, 2)]
            structures.append((f'factors {a} by {b}, shared, S < N', options | shared, sizes))
    structures.append(('shared, no bias', {'factors': [2, 3], 'useBias': False} | shared))
    return family(404, ['factorized-dense'], BASE, structures)


def paper_mixture():
    rng = np.random.RandomState(405)
    own = {
        'V': {'keyDim': 2},
        'R': {'maxLength': 6},
        'FR': {'maxLength': 6, 'rank': 2},
        'D': {'maxLength': 6, 'hiddenDim': 4},
        'FD': {'maxLength': 6, 'hiddenDim': 4, 'factors': [2, 3]},
    }
    papers = ['FR+V', 'FD+V', 'R+D', 'R+FD', 'R+V', 'D+V', 'R+D+V', 'FR+D+FD+V']
    plans = [(SELF, ()), (SELF_FULL, ('causal',)), (CROSS, ('value mask',)), (SELF, ('window 2',))]
    cases = []

    def add(paper, mixing, suffix, options, shapes, parts=()):
        kinds = paper.split('+')
        config = {'numHeads': 2, 'valueDim': 3, 'scores': [KINDS[kind] for kind in kinds], 'mixing': mixing}
        for kind in kinds:
            config |= own[kind]
        name = ', '.join([paper, mixing, *suffix])
        cases.append(paper_case(rng, config['scores'], name, config | options, shapes, parts))

    for i, paper in enumerate(papers):
        for j, mixing in enumerate(('learned', 'sum')):
            add(paper, mixing, [], {}, *plans[(i + 2 * j) % 4])
    for paper, mixing, suffix, options, shapes, parts in (
        ('FR+V', 'learned', ['no bias'], {'useBias': False}, SELF, ('query mask', 'value mask')),
        ('FD+V', 'learned', ['shared'], {'sharedAcrossHeads': True}, CROSS, ('attention mask [B,T,S]',)),
        ('R+V', 'learned', ['output shape of two axes'], {'outputShape': [2, 2]}, CROSS_LONG, ('causal',)),
        ('V+R', 'learned', ['order turned'], {}, SELF, ('row fully masked',)),
        ('D+FR', 'learned', ['order turned'], {}, SELF_FULL, ('attention mask [B,H,T,S]',)),
        ('D+V', 'sum', ['axes: middle'], {'attentionAxes': 1}, [(1, 4, 2, 3)], ()),
        ('R+FD', 'learned', ['axes: both'], {'attentionAxes': [1, 2]}, [(1, 2, 3, 3)], ('value mask',)),
        (
            'FR+D+FD+V',
            'learned',
            ['a key of its own'],
            {},
            [(2, 3, 3), (2, 5, 4), (2, 5, 2)],
            ('query mask', 'value mask', 'key mask', 'attention mask [T,S]', 'causal', 'window 4'),
        ),
    ):
        add(paper, mixing, suffix, options, shapes, parts)
    return cases


def paper_self_attention():
    """z = softmax(x x^T) x, and y in the place of the last two x in cross-attention."""
    return plain_family(
        406,
        [('', {}, lambda rng, d: {})],
        [
            ('leading axes 2x3', [(2, 3, 4, 3)], ()),
            ('leading axes 2x2', [(2, 2, 5, 3)], ('causal',)),
            ('leading axes 2x2', [(2, 2, 4, 3)], ('query mask', 'value mask')),
            ('leading axes 1x2x2', [(1, 2, 2, 3, 4)], ('window 2',)),
            ('cross-attention, T < S', [(2, 3, 5), (2, 6, 5)], ()),
            ('cross-attention, T > S', [(2, 6, 4), (2, 3, 4)], ('causal', 'value mask')),
            ('a key of its own', [(2, 4, 3), (2, 5, 6), (2, 5, 3)], ('key mask',)),
            ('self-attention', [(2, 7, 3)], ('window 3',)),
            ('self-attention', [(1, 9, 2)], ('window 2', 'causal')),
            ('self-attention', [(2, 4, 3)], ('row fully masked',)),
        ],
    )


ADDED_MASKS = [
    ('self-attention', [(2, 6, 3)], ('window 2',)),
    ('self-attention', [(2, 5, 3)], ('window 3', 'causal', 'value mask')),
    ('cross-attention', [(2, 3, 4), (2, 5, 4)], ('attention mask [B,T,S]',)),
    ('a key of its own', [(2, 4, 3), (2, 3, 5), (2, 3, 3)], ('key mask', 'attention mask [T,S]')),
    ('leading axes 2x2', [(2, 2, 4, 3)], ('value mask',)),
]


def paper_attention():
    """Keras' Attention with the options and masks that Keras' own lacks."""
    both = {'useScale': True}
    configs = [
        ('dot', both, lambda rng, d: {'scale': coarse(rng, ()) + 1}),
        (
            'concat',
            both | {'scoreMode': 'concat'},
            lambda rng, d: {'scale': coarse(rng, ()) + 1, 'concat_score_weight': coarse(rng, ()) + 2},
        ),
    ]
    return plain_family(407, configs, ADDED_MASKS)


def paper_additive_attention():
    configs = [('additive', {}, lambda rng, d: {'scale': coarse(rng, (d,)) + 1})]
    return plain_family(408, configs, ADDED_MASKS)
