"""The cases of keras_layers.json: structures of a layer times maskings, see maskings.py for the latter."""

import numpy as np

from keras_layers import plain_case, projected_case

SELF = [(2, 5, 4)]
CROSS = [(2, 4, 3), (2, 6, 3)]
CROSS_LONG = [(2, 6, 3), (2, 3, 5), (2, 3, 3)]
WITH_KEY = [(2, 3, 5), (2, 5, 4), (2, 5, 5)]
PLAIN_MASKINGS = [
    (),
    ('causal',),
    ('query mask',),
    ('value mask',),
    ('query mask', 'value mask', 'causal'),
]


def plain_family(seed, kind, structures):
    """Each structure with some maskings; those over more leading axes only where Keras takes them."""
    rng = np.random.RandomState(seed)
    cases = []
    for name, config in structures:
        for shape, shapes, maskings in (
            ('self-attention', SELF, PLAIN_MASKINGS),
            ('cross-attention, T < S', CROSS, [(), ('value mask', 'causal'), ('sequence fully masked',)]),
            ('cross-attention with a key of its own', WITH_KEY, [('query mask', 'value mask')]),
            ('cross-attention with a key of its own, T > S', CROSS_LONG, [('causal',)]),
        ):
            cases += [
                plain_case(rng, kind, f'{name}, {shape}', config, shapes, parts) for parts in maskings
            ]
    name, config = structures[-1]
    for shapes, parts in (
        ([(2, 3, 4, 3)], ()),
        ([(2, 2, 4, 3)], ('query mask', 'causal')),
        ([(2, 2, 4, 3)], ('value mask', 'causal')),
        ([(1, 2, 3, 5), (1, 2, 4, 5)], ()),
        ([(2, 1, 2, 4, 3)], ('causal',)),
    ):
        leading = 'x'.join(str(size) for size in shapes[0][:-2])
        kinds = 'cross-attention' if len(shapes) > 1 else 'self-attention'
        cases.append(
            plain_case(rng, kind, f'{name}, {kinds}, leading axes {leading}', config, shapes, parts)
        )
    cases.append(plain_case(rng, kind, f'{name}, one token', config, [(1, 1, 3)]))
    return cases


def keras_attention():
    structures = [
        (f'{mode}, {"scale" if scale else "no scale"}', {'scoreMode': mode, 'useScale': scale})
        for mode in ('dot', 'concat')
        for scale in (False, True)
    ]
    return plain_family(201, 'Attention', structures)


def keras_additive_attention():
    structures = [('no scale', {'useScale': False}), ('scale', {'useScale': True})]
    cases = plain_family(202, 'AdditiveAttention', structures)
    rng = np.random.RandomState(203)
    for shapes in ([(1, 12, 7)], [(3, 2, 9), (3, 11, 9)]):
        for parts in ((), ('query mask', 'causal'), ('value mask',)):
            name = 'default scale, {}x{}x{}'.format(*shapes[0])
            cases.append(plain_case(rng, 'AdditiveAttention', name, {}, shapes, parts))
    return cases


MASKINGS = [
    (),
    ('causal',),
    ('window 2',),
    ('window 3', 'causal'),
    ('query mask',),
    ('value mask',),
    ('query mask', 'value mask'),
    ('query mask', 'value mask', 'key mask', 'attention mask [B,T,S]', 'causal', 'window 4'),
    ('attention mask [T,S]',),
    ('attention mask [B,T,S]', 'value mask'),
    ('attention mask [B,H,T,S]',),
    ('row fully masked',),
    ('sequence fully masked',),
]
MHA = [
    ('self-attention', {'numHeads': 2, 'keyDim': 3}, SELF),
    ('cross-attention, T < S', {'numHeads': 3, 'keyDim': 2, 'valueDim': 3}, [(2, 4, 3), (2, 6, 5)]),
    (
        'a key of its own, T > S',
        {'numHeads': 2, 'keyDim': 3, 'valueDim': 1},
        [(2, 5, 3), (2, 4, 4), (2, 4, 2)],
    ),
]
MHA_STRUCTURES = [
    ('output shape', {'outputShape': 3}),
    ('output shape of two axes', {'outputShape': [2, 3]}),
    ('output shape of two axes, no bias', {'outputShape': [3, 1], 'useBias': False}),
    ('no bias', {'useBias': False}),
    ('gate', {'useGate': True}),
    ('gate, no bias', {'useGate': True, 'useBias': False}),
    ('gate, output shape of two axes', {'useGate': True, 'outputShape': [2, 2]}),
]
AXES = [
    ('last axis but one', 2, [(2, 2, 4, 3)]),
    ('last axis but one by list, T < S', [2], [(1, 2, 3, 3), (1, 2, 5, 2)]),
    ('negative', -2, [(1, 2, 4, 3)]),
    ('negative middle axis', [-3], [(1, 4, 2, 3)]),
    ('middle axis', 1, [(2, 4, 2, 3)]),
    ('middle axis, T > S', [1], [(1, 5, 2, 3), (1, 3, 2, 2)]),
    ('both axes', [1, 2], [(1, 2, 3, 3)]),
    ('both axes, cross-attention', [1, 2], [(1, 2, 2, 3), (1, 3, 2, 4)]),
    ('both axes by default', None, [(1, 3, 2, 3)]),
    ('both axes, backwards', [2, 1], [(1, 2, 3, 3)]),
    ('rank 5, middle axis', 2, [(1, 2, 3, 2, 3)]),
    ('rank 5, last two axes', [2, -2], [(1, 2, 2, 3, 3)]),
    ('rank 5, outer axes', [1, 3], [(1, 3, 2, 2, 3)]),
    ('rank 5, all axes', None, [(1, 2, 2, 2, 3)]),
]
AXES_MASKINGS = [
    (0, ('causal',)),
    (0, ('window 2', 'causal')),
    (0, ('query mask',)),
    (0, ('value mask',)),
    (0, ('attention mask [B,T,S]',)),
    (1, ('value mask', 'key mask')),
    (4, ('causal',)),
    (4, ('window 2',)),
    (4, ('query mask', 'value mask')),
    (4, ('attention mask [B,H,T,S]',)),
    (6, ('attention mask [B,T,S]',)),
    (6, ('query mask', 'value mask')),
    (12, ('value mask',)),
]


def keras_multi_head_attention():
    rng = np.random.RandomState(204)
    kind = 'MultiHeadAttention'
    small = {'numHeads': 2, 'keyDim': 3}
    cases = [
        projected_case(rng, kind, name, config, shapes, parts)
        for name, config, shapes in MHA
        for parts in MASKINGS
    ]
    for name, config in MHA_STRUCTURES:
        for parts in ((), ('query mask', 'value mask', 'causal')):
            cases.append(projected_case(rng, kind, name, small | config, [(2, 4, 3), (2, 5, 2)], parts))
    for parts in (('window 1',), ('window 9',), ('attention mask [1,T,S]',), ('attention mask [B,1,1,S]',)):
        cases.append(projected_case(rng, kind, 'four heads', {'numHeads': 4, 'keyDim': 2}, SELF, parts))
    axes = [(name, small | {'attentionAxes': axes}, shapes) for name, axes, shapes in AXES]
    cases += [projected_case(rng, kind, f'axes: {name}', config, shapes) for name, config, shapes in axes]
    for i, parts in AXES_MASKINGS:
        name, config, shapes = axes[i]
        cases.append(projected_case(rng, kind, f'axes: {name}', config, shapes, parts))
    name, config, shapes = axes[4]
    for extra, options in (
        ('gate', {'useGate': True}),
        ('output shape of two axes', {'outputShape': [2, 2], 'valueDim': 2}),
    ):
        cases.append(projected_case(rng, kind, f'axes: {name}, {extra}', config | options, shapes))
    return cases


def keras_grouped_query_attention():
    rng = np.random.RandomState(205)
    kind = 'GroupedQueryAttention'
    cases = []
    for i, (heads, shared) in enumerate(((4, 2), (4, 1), (3, 3), (6, 2))):
        config = {'headDim': 2 + i % 2, 'numQueryHeads': heads, 'numKeyValueHeads': shared}
        name = f'{heads} heads over {shared}'
        for parts in MASKINGS[i % 2 :: 2]:
            cases.append(projected_case(rng, kind, name, config, [(2, 4, 3)], parts))
        for suffix, options, shapes, parts in (
            ('cross-attention, T < S', {}, [(2, 3, 4), (2, 5, 4)], ('value mask',)),
            ('a key of its own, T > S', {'useBias': False}, [(2, 5, 3), (2, 3, 4), (2, 3, 2)], ('causal',)),
            ('gate', {'useGate': True}, [(2, 4, 3)], ('causal',)),
        ):
            cases.append(projected_case(rng, kind, f'{name}, {suffix}', config | options, shapes, parts))
    config = {'headDim': 3, 'numQueryHeads': 4, 'numKeyValueHeads': 2, 'useGate': True, 'useBias': False}
    cases.append(projected_case(rng, kind, 'gate, no bias', config, [(1, 3, 3), (1, 4, 3)], ('query mask',)))
    return cases
