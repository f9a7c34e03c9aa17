"""Writes encoders/synthesizer/, synthesizer_mixtures/ and synthesizer_groups/, with their .json.

BERT whose layers attend by the Synthesizer's score functions, each alone, in mixtures and in groups of heads. No library knows the
architecture: `forward` is NumPy in float64, the scores are those of paper_formulas.py.
"""

import math

import numpy as np
import torch
from tokenizers import Tokenizer

import encoder_tokenizers as tokenizers
from encoder_kinds import SmallEncoder
from encoder_pooling import POOLING, pool
from encoder_texts import HIDDEN_STATES_OF, POOLED, TEXTS
from golden_io import rounded, write_json
from make_encoders import OUTPUT, write_directory
from paper_formulas import SCORES, masked_softmax

LENGTH = 24
HIDDEN = 24
BASE = {
    'architectures': ['SynthesizerModel'],
    'hidden_act': 'gelu',
    'hidden_size': HIDDEN,
    'intermediate_size': 20,
    'max_position_embeddings': LENGTH,
    'model_type': 'synthesizer',
}
R, FR, V = ({'type': name} for name in ('random', 'factorized-random', 'dot-product'))
D = {'type': 'dense', 'hidden_dim': 5}
FD = {'type': 'factorized-dense', 'hidden_dim': 6, 'tile': 6}
SHARED = {'shared_across_heads': True}

ALONE = SmallEncoder(
    name='synthesizer',
    config=BASE
    | {
        'attention': [{'scores': [score]} for score in (R, FR, D, FD)],
        'layer_norm_eps': 1e-5,
        'num_attention_heads': 3,
        'num_hidden_layers': 4,
        'type_vocab_size': 2,
    },
    tokenizer=tokenizers.word_piece,
    tokenizer_class='BertTokenizer',
    max_seq_length=LENGTH,
    pooling='mean',
)
# Learned and summed, one map for all heads, factors without a common divisor; narrow embeddings, no token types.
LAYERS = [
    {'scores': [V, R]},
    {'scores': [D | SHARED, V], 'mixing': 'sum'},
    {'scores': [FD | SHARED | {'tile': 8}, FR | {'rank': 3}, D], 'mixing': 'learned'},
]
MIXED = SmallEncoder(
    name='synthesizer_mixtures',
    config=BASE
    | {
        'attention': LAYERS,
        'embedding_size': 12,
        'hidden_act': 'gelu_new',
        'num_attention_heads': 2,
        'num_hidden_layers': 3,
    },
    tokenizer=tokenizers.word_piece,
    tokenizer_class='BertTokenizer',
    max_seq_length=20,
    pooling='cls',
    normalize=True,
    variants={
        'the other mixing': {'mixing': ['sum', 'learned', 'sum']},
        'the exact GELU': {'hidden_act': 'gelu'},
    },
)
# Groups of one head and of several, each score function among them, first and last; mixtures beside lone scores.
GROUPED = SmallEncoder(
    name='synthesizer_groups',
    config=BASE
    | {
        'attention': [
            {'groups': [{'heads': 3, 'scores': [R]}, {'heads': 1, 'scores': [V]}]},
            {'groups': [{'heads': 1, 'scores': [V, R]}, {'heads': 2, 'scores': [FD]}, {'heads': 1, 'scores': [V]}]},
            {
                'groups': [
                    {'heads': 1, 'scores': [D | SHARED]},
                    {'heads': 1, 'scores': [FR]},
                    {'heads': 2, 'scores': [FD | SHARED, D, R], 'mixing': 'sum'},
                ]
            },
            {'scores': [R]},
        ],
        'num_attention_heads': 4,
        'num_hidden_layers': 4,
        'type_vocab_size': 2,
    },
    tokenizer=tokenizers.word_piece,
    tokenizer_class='BertTokenizer',
    max_seq_length=LENGTH,
    pooling='mean',
)


def groups_of(attention, heads):
    """(heads, scores, mixing, prefix of tensors) of each group; an entry without groups is one of all heads"""
    if 'groups' not in attention:
        return [(heads, attention['scores'], attention.get('mixing', 'learned'), '')]
    return [
        (group['heads'], group['scores'], group.get('mixing', 'learned'), f'groups.{g}.')
        for g, group in enumerate(attention['groups'])
    ]


def linear_shapes(name, out, columns):
    return {f'{name}.weight': (out, columns), f'{name}.bias': (out,)}


def score_shapes(score, heads, width):
    kind = score['type']
    if kind == 'random':
        return {'kernel': (heads, LENGTH, LENGTH)}
    if kind == 'factorized-random':
        return {side: (heads, LENGTH, score.get('rank', 8)) for side in ('left', 'right')}
    if kind == 'dot-product':
        return linear_shapes('query', width, HIDDEN) | linear_shapes('key', width, HIDDEN)
    depth = score['hidden_dim']
    columns = score['tile'] + LENGTH // score['tile'] if 'tile' in score else LENGTH
    each = () if score.get('shared_across_heads') else (heads,)
    return linear_shapes('hidden', heads * depth, HIDDEN) | {
        'output': (*each, depth, columns),
        'output_bias': (*each, columns),
    }


def shapes(config):
    heads, wide = config['num_attention_heads'], config['intermediate_size']
    width = config.get('embedding_size', HIDDEN)
    out = {'embeddings.word_embeddings.weight': (config['vocab_size'], width)}
    out['embeddings.position_embeddings.weight'] = (LENGTH, width)
    if config.get('type_vocab_size'):
        out['embeddings.token_type_embeddings.weight'] = (config['type_vocab_size'], width)
    out |= linear_shapes('embeddings.LayerNorm', width, 0)
    if width != HIDDEN:
        out |= linear_shapes('embeddings_project', HIDDEN, width)
    for i, attention in enumerate(config['attention']):
        layer = f'encoder.layer.{i}'
        for count, scores, _, prefix in groups_of(attention, heads):
            for j, score in enumerate(scores):
                own = score_shapes(score, count, HIDDEN // heads * count)
                name = f'{layer}.attention.{prefix}scores.{j}'
                out |= {f'{name}.{tensor}': shape for tensor, shape in own.items()}
            if len(scores) > 1:
                out[f'{layer}.attention.{prefix}mixing'] = (len(scores),)
        out |= linear_shapes(f'{layer}.attention.value', HIDDEN, HIDDEN)
        out |= linear_shapes(f'{layer}.attention.output.dense', HIDDEN, HIDDEN)
        out |= linear_shapes(f'{layer}.attention.output.LayerNorm', HIDDEN, 0)
        out |= linear_shapes(f'{layer}.intermediate.dense', wide, HIDDEN)
        out |= linear_shapes(f'{layer}.output.dense', HIDDEN, wide)
        out |= linear_shapes(f'{layer}.output.LayerNorm', HIDDEN, 0)
    # a bias may be missing
    del out['encoder.layer.1.attention.value.bias']
    return {name: tuple(n for n in shape if n > 0) for name, shape in out.items()}


def draw(seed, config):
    """Scores of about 1, so that attention is far from even."""
    rng = np.random.RandomState(seed)
    weights = {}
    for name, shape in sorted(shapes(config).items()):
        own = any(name.endswith(end) for end in ('.kernel', '.left', '.right', '.output', '.mixing'))
        noise = rng.standard_normal(shape) * (0.7 if own else 0.25)
        if name.endswith('LayerNorm.weight'):
            noise += 1
        weights[name] = noise.astype(np.float32)
    return weights


def for_paper(w, name, score, heads):
    """The tensors under `name` as paper_formulas.py names and lays them out"""

    def heads_between(part):
        """[heads * own, features] -> [features, heads, own]"""
        kernel, bias = w[f'{name}.{part}.weight'], w[f'{name}.{part}.bias']
        return kernel.T.reshape(HIDDEN, heads, -1), bias.reshape(heads, -1)

    kind = score['type']
    if kind == 'random':
        return {'random/kernel': w[f'{name}.kernel']}
    if kind == 'factorized-random':
        return {
            'factorized_random_1/kernel': w[f'{name}.left'],
            'factorized_random_2/kernel': w[f'{name}.right'],
        }
    out = {}
    if kind == 'dot-product':
        for part in ('query', 'key'):
            out[f'{part}/kernel'], out[f'{part}/bias'] = heads_between(part)
        return out
    first = kind.replace('-', '_') + '_1'
    out[f'{first}/kernel'], out[f'{first}/bias'] = heads_between('hidden')
    second, bias = w[f'{name}.output'], w[f'{name}.output_bias']
    if kind == 'dense':
        return out | {'dense_2/kernel': second, 'dense_2/bias': bias}
    a = score['tile']
    return out | {
        'factorized_dense_a/kernel': second[..., :a],
        'factorized_dense_a/bias': bias[..., :a],
        'factorized_dense_b/kernel': second[..., a:],
        'factorized_dense_b/bias': bias[..., a:],
    }


def attend(w, layer, attention, heads, x):
    values = linear(w, f'{layer}.attention.value', x).reshape(len(x), heads, -1)
    context = []
    for count, entries, mixing, prefix in groups_of(attention, heads):
        alpha = np.ones(len(entries))
        if len(entries) > 1 and mixing == 'learned':
            e = np.exp(w[f'{layer}.attention.{prefix}mixing'])
            alpha = e / e.sum()
        names = [f'{layer}.attention.{prefix}scores.{j}' for j in range(len(entries))]
        parts = [for_paper(w, name, s, count) for name, s in zip(names, entries, strict=True)]
        for h in range(count):
            scores = [SCORES[s['type']](x, x, part, {}, h) for s, part in zip(entries, parts, strict=True)]
            logits = np.tensordot(alpha, np.stack(scores), 1)
            weights = masked_softmax(logits, np.ones(logits.shape, dtype=bool))
            context.append(weights @ values[:, len(context)])
    return linear(w, f'{layer}.attention.output.dense', np.concatenate(context, -1))


def linear(w, name, x):
    return x @ w[f'{name}.weight'].T + w.get(f'{name}.bias', 0)


def norm(w, name, x, epsilon):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + epsilon)
    return scaled * w[f'{name}.weight'] + w[f'{name}.bias']


GELU = {
    'gelu': lambda x: x / 2 * (1 + np.vectorize(math.erf)(x / math.sqrt(2))),
    'gelu_new': lambda x: x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
}


def forward(config, weights, ids):
    """[tokens, hidden] of one text"""
    w = {name: tensor.astype(np.float64) for name, tensor in weights.items()}
    epsilon = config.get('layer_norm_eps', 1e-12)
    x = w['embeddings.word_embeddings.weight'][ids]
    x = x + w['embeddings.position_embeddings.weight'][: len(ids)]
    if config.get('type_vocab_size'):
        x = x + w['embeddings.token_type_embeddings.weight'][0]
    x = norm(w, 'embeddings.LayerNorm', x, epsilon)
    if x.shape[1] != HIDDEN:
        x = linear(w, 'embeddings_project', x)
    for i, attention in enumerate(config['attention']):
        layer = f'encoder.layer.{i}'
        y = attend(w, layer, attention, config['num_attention_heads'], x)
        x = norm(w, f'{layer}.attention.output.LayerNorm', x + y, epsilon)
        y = GELU[config['hidden_act']](linear(w, f'{layer}.intermediate.dense', x))
        x = norm(w, f'{layer}.output.LayerNorm', x + linear(w, f'{layer}.output.dense', y), epsilon)
    return torch.from_numpy(x)


def changed(config, settings):
    if 'mixing' not in settings:
        return config | settings
    attention = zip(config['attention'], settings['mixing'], strict=True)
    return config | {'attention': [layer | {'mixing': mixing} for layer, mixing in attention]}


def check_weights(encoder, config, weights, ids, states):
    """Every tensor matters: without it the embeddings move."""
    embeddings = pool(states, encoder.pooling, encoder.normalize)
    # layers that sum need no mixing, a variant of theirs does
    summed = [
        f'encoder.layer.{i}.attention.{prefix}mixing'
        for i, layer in enumerate(config['attention'])
        for _, _, mixing, prefix in groups_of(layer, config['num_attention_heads'])
        if mixing == 'sum'
    ]
    for name, tensor in weights.items():
        # softmax cancels what is the same for all keys of a query
        if name.endswith('.key.bias') or name in summed:
            continue
        others = [forward(config, weights | {name: tensor * 0}, row) for row in ids]
        moved = (pool(others, encoder.pooling, encoder.normalize) - embeddings).abs().max()
        assert moved > 1e-3, (encoder.name, name, float(moved))


def make(encoder):
    tokenizer = encoder.tokenizer()
    config = encoder.config | {'vocab_size': tokenizer.get_vocab_size()}
    weights = draw(sum(encoder.name.encode()), config)
    directory = OUTPUT / encoder.name
    stored = {name: torch.from_numpy(tensor) for name, tensor in weights.items()}
    write_directory(directory, encoder, config, stored, tokenizer)
    tokenizer = Tokenizer.from_file(str(directory / 'tokenizer.json'))
    tokenizer.enable_truncation(encoder.max_seq_length)
    names = list(TEXTS)
    ids = [tokenizer.encode(text).ids for text in TEXTS.values()]
    states = [forward(config, weights, row) for row in ids]
    check_weights(encoder, config, weights, ids, states)

    def own(states):
        return rounded(pool(states, encoder.pooling, encoder.normalize))

    variants = []
    for name, settings in encoder.variants.items():
        other = changed(config, settings)
        embeddings = own([forward(other, weights, row) for row in ids])
        variants.append({'name': name, 'config': other, 'embeddings': embeddings})
    some = [names.index(name) for name in POOLED]
    write_json(
        OUTPUT / f'{encoder.name}.json',
        {
            'max_seq_length': encoder.max_seq_length,
            'pooling': encoder.pooling,
            'normalize': encoder.normalize,
            'texts': [
                {'name': n, 'text': t, 'ids': row} for (n, t), row in zip(TEXTS.items(), ids, strict=True)
            ],
            'embeddings': own(states),
            'pooled': [
                {'name': mode, 'texts': list(POOLED)} | rounded(pool([states[i] for i in some], mode))
                for mode in POOLING
            ],
            'hidden_states': [{'name': n} | rounded(states[names.index(n)]) for n in HIDDEN_STATES_OF],
            'variants': variants,
        },
    )
    print(encoder.name)


if __name__ == '__main__':
    for encoder in (ALONE, MIXED, GROUPED):
        make(encoder)
