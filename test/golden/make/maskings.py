"""Masks drawn from their names: a case says what it covers, and its name and masks follow from that.

Parts: 'causal', 'window 3', 'query mask', 'value mask', 'key mask', 'row fully masked',
'sequence fully masked' and 'attention mask [B,T,S]', of B, H, T, S, and 1 where an axis broadcasts.
"""

from cases import random_mask
from golden_io import grid
from paper_formulas import Layout


def some(rng, shape):
    """Positions with holes; at least one in each row stays, and one goes where there are two."""
    mask = rng.random_sample(shape) < 0.6
    mask[..., -1] |= ~mask.any(-1)
    if shape[-1] > 1:
        mask[..., 0] &= ~mask.all(-1)
    return mask


def attention_mask(rng, letters, layout, heads):
    sizes = {'B': layout.batch, 'H': (heads,), 'T': layout.queries, 'S': layout.keys, '1': (1,)}
    mask = random_mask(rng, sum((sizes[letter] for letter in letters.split(',')), ()), 0.65)
    mask.flat[-1] &= ~mask.all()
    return mask


def draw(rng, parts, config, inputs, heads=1, plain=False):
    """Returns the masks and whether the causal rule holds; a window belongs to the config."""
    layout = Layout.of(config, inputs, plain)
    query = inputs['query'].shape[:-1]
    value = inputs.get('value', inputs['query']).shape[:-1]
    masks = {}
    for part in parts:
        if part == 'query mask':
            masks['queryMask'] = some(rng, query)
        elif part == 'value mask':
            masks['valueMask'] = some(rng, value)
        elif part == 'key mask':
            masks['keyMask'] = some(rng, value)
        elif part.startswith('attention mask'):
            masks['attentionMask'] = attention_mask(rng, part[part.index('[') + 1 : -1], layout, heads)
        elif part == 'row fully masked':
            masks['attentionMask'] = attention_mask(rng, 'B,T,S', layout, heads)
            masks['attentionMask'][0, ..., layout.queries[-1] - 1, :] = False
        elif part == 'sequence fully masked':
            masks['valueMask'] = some(rng, value)
            masks['valueMask'][-1] = False
        elif part != 'causal' and not part.startswith('window '):
            raise ValueError(f'masking: expected a known part but received {part}')
    return masks, 'causal' in parts


def window(parts):
    """The part of a config that a masking asks for."""
    sizes = [int(part.removeprefix('window ')) for part in parts if part.startswith('window ')]
    return {'slidingWindow': sizes[0]} if sizes else {}


def case_name(name, parts):
    return ', '.join([name, *(f'sliding {part}' if part.startswith('window ') else part for part in parts)])


def coarse(rng, shape, std=0.5):
    """Few digits: files stay small."""
    return grid(rng, shape, std, 1 / 64)


def lay_out(rng, query, value=None, key=None, std=0.8):
    """Inputs of given shapes; value is left out where it is the query, key where it is the value."""
    shapes = {'query': query, 'value': value, 'key': key}
    return {name: coarse(rng, shape, std) for name, shape in shapes.items() if shape is not None}
