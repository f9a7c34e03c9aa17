"""The cases of torch_layers.json."""

import numpy as np

from cases import random_mask
from torch_layers import attention_case, blocked, causal, grouped_case, padding, transformer_case


def torch_multihead_attention():
    rng = np.random.RandomState(301)

    def masks_of(parts, batch, heads, t, s):
        draw = {
            'key padding': lambda: ('key_padding_mask', padding(rng, batch, s)),
            'mask [T,S]': lambda: ('attn_mask', blocked(rng, (t, s))),
            'mask [B*heads,T,S]': lambda: ('attn_mask', blocked(rng, (batch * heads, t, s))),
            'causal mask': lambda: ('attn_mask', causal(t, s)),
        }
        return dict(draw[part]() for part in parts)

    structures = [
        ('packed, self-attention', 6, 2, [(2, 5, 6)], True),
        ('packed, cross-attention', 4, 4, [(3, 3, 4), (3, 5, 4)], True),
        ('packed, a key of its own, no bias', 6, 3, [(2, 4, 6), (2, 3, 6), (2, 3, 6)], False),
        ('separate, kdim and vdim differ', 4, 2, [(2, 4, 4), (2, 6, 3), (2, 6, 5)], True),
        ('separate, vdim differs, no bias', 6, 2, [(2, 3, 6), (2, 4, 2), (2, 4, 6)], False),
    ]
    maskings = [
        (),
        ('key padding',),
        ('mask [T,S]',),
        ('mask [B*heads,T,S]',),
        ('mask [B*heads,T,S]', 'key padding'),
    ]
    cases = []
    for name, embed, heads, shapes, bias in structures:
        (batch, t, _), s = shapes[0], shapes[-1][1]
        for parts in maskings:
            masks = masks_of(parts, batch, heads, t, s)
            full_name = ', '.join((name, *parts))
            cases.append(attention_case(rng, full_name, embed, heads, shapes, masks, bias))
    masks = masks_of(('causal mask', 'key padding'), 2, 1, 7, 7)
    cases.append(attention_case(rng, 'one head, causal mask, key padding', 5, 1, [(2, 7, 5)], masks))
    cases.append(attention_case(rng, 'one token', 6, 3, [(1, 1, 6)]))
    return cases


def torch_sdpa_gqa():
    rng = np.random.RandomState(302)
    per_head, per_sequence = random_mask(rng, (2, 4, 3, 5)), random_mask(rng, (2, 1, 3, 4))
    empty_row = random_mask(rng, (2, 4, 3, 5))
    empty_row[1, 2, 1] = False

    def case(name, heads, shape, mask=None, **options):
        return grouped_case(rng, f'{heads[0]} heads over {heads[1]}, {name}', heads, shape, mask, **options)

    return [
        case('no mask', (4, 2), (2, 5, 5, 4)),
        case('T < S', (4, 1), (2, 3, 7, 3)),
        case('T > S, value dim differs', (6, 2), (1, 5, 3, 4), value_dim=3),
        case('causal', (6, 3), (1, 5, 5, 3), is_causal=True),
        case('causal, T < S', (4, 2), (1, 3, 6, 5), is_causal=True),
        case('mask [B,H,T,S]', (4, 2), (2, 3, 5, 3), per_head),
        case('mask [B,1,T,S]', (4, 2), (2, 3, 4, 3), per_sequence),
        case('mask [T,S]', (4, 1), (2, 4, 4, 3), random_mask(rng, (4, 4))),
        case('fully masked row', (4, 2), (2, 3, 5, 3), empty_row),
        case('scale', (3, 3), (1, 4, 5, 7), scale=0.25),
        case('scale 1 and causal', (3, 1), (1, 6, 6, 3), is_causal=True, scale=1.0),
    ]


def transformer_configs():
    for first in (False, True):
        for activation in ('relu', 'gelu'):
            heads, embed = (3, 6) if first else (2, 4)
            config = {
                'embedDim': embed,
                'numHeads': heads,
                'intermediateDim': 5 if activation == 'relu' else 7,
                'normalizeFirst': first,
                'activation': activation,
                'layerNormEpsilon': 1e-5 if activation == 'relu' else 1e-3,
            }
            yield f'norm {"first" if first else "last"}, {activation}', config


def torch_transformer_encoder_layer():
    rng = np.random.RandomState(303)
    cases = []
    for name, config in transformer_configs():
        t = 4 + config['numHeads']
        for suffix, masks in (
            ('no mask', {}),
            ('padding mask', {'src_key_padding_mask': padding(rng, 2, t)}),
            (
                'causal mask and padding mask',
                {'src_mask': causal(t, t), 'src_key_padding_mask': padding(rng, 2, t)},
            ),
        ):
            cases.append(transformer_case(rng, f'{name}, {suffix}', config, [t], masks))
    config = config | {'normalizeFirst': False}
    masks = {'src_mask': blocked(rng, (2 * config['numHeads'], 4, 4))}
    return cases + [transformer_case(rng, 'norm last, gelu, mask [B*heads,T,S]', config, [4], masks)]


def torch_transformer_decoder_layer():
    rng = np.random.RandomState(304)
    cases = []
    for i, (name, config) in enumerate(transformer_configs()):
        t, s = 3 + i % 2, 4 + i // 2
        for suffix, masks in (
            ('no mask', {}),
            ('causal mask', {'tgt_mask': causal(t, t)}),
            (
                'causal mask, padding of both',
                {
                    'tgt_mask': causal(t, t),
                    'tgt_key_padding_mask': padding(rng, 2, t),
                    'memory_key_padding_mask': padding(rng, 2, s),
                },
            ),
        ):
            cases.append(transformer_case(rng, f'{name}, {suffix}', config, [t, s], masks))
    masks = {'tgt_mask': blocked(rng, (t, t)), 'memory_mask': blocked(rng, (t, s))}
    return cases + [transformer_case(rng, 'norm first, gelu, mask of the memory', config, [t, s], masks)]
