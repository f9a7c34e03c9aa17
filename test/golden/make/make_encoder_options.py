"""Writes encoder_options.json: what sentence-transformers makes of a small model under every module and option.

A model is encoders/bert_prefixed with some files put in their place (`files`, `tensors`). It computes in float64.
"""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.util import (
    cos_sim,
    dot_score,
    euclidean_sim,
    manhattan_sim,
    pairwise_cos_sim,
    pairwise_dot_score,
    pairwise_euclidean_sim,
    pairwise_manhattan_sim,
    quantize_embeddings,
    semantic_search,
)

from golden_io import exact, grid, rounded, significant, write_json

HERE = Path(__file__).resolve().parent.parent
BASE = 'encoders/bert_prefixed'
HIDDEN = 24
TEXTS = {
    'short': 'The cat sat on the warm stone',
    'one word': 'old',
    'long': 'wind and rain between the river and the road to the sea',
}
MODES = ['cls', 'max', 'mean', 'mean_sqrt_len_tokens', 'weightedmean', 'lasttoken']
OLD_KEYS = [
    'pooling_mode_cls_token',
    'pooling_mode_max_tokens',
    'pooling_mode_mean_tokens',
    'pooling_mode_mean_sqrt_len_tokens',
    'pooling_mode_weightedmean_tokens',
    'pooling_mode_lasttoken',
]
NAMES = {
    'promptName': 'prompt_name',
    'prompt': 'prompt',
    'normalize': 'normalize_embeddings',
    'truncateDim': 'truncate_dim',
}

rng = np.random.RandomState(77)


NEWER = {
    'Transformer': 'base.modules.transformer',
    'Pooling': 'sentence_transformer.modules.pooling',
    'Dense': 'base.modules.dense',
    'Normalize': 'base.modules.normalize',
}


def modules(*kinds, newer=False):
    """modules.json behind the Transformer; each in a folder of its number and name."""
    listed = [('', 'Transformer')] + [(f'{i + 1}_{kind}', kind) for i, kind in enumerate(kinds)]
    return [
        {
            'idx': i,
            'name': str(i),
            'path': path,
            'type': f'sentence_transformers.{NEWER[kind] if newer else "models"}.{kind}',
        }
        for i, (path, kind) in enumerate(listed)
    ]


def pooling(mode, include_prompt=True):
    return {'embedding_dimension': HIDDEN, 'pooling_mode': mode, 'include_prompt': include_prompt}


def old_pooling(*active):
    return {'word_embedding_dimension': HIDDEN} | {key: key in active for key in OLD_KEYS}


def dense(inputs, outputs, activation, bias=True, residual=False):
    """config.json and the tensors of a Dense module."""
    config = {'in_features': inputs, 'out_features': outputs, 'bias': bias}
    config['activation_function'] = f'torch.nn.modules.{activation}'
    tensors = {'linear.weight': grid(rng, (outputs, inputs))}
    if bias:
        tensors['linear.bias'] = grid(rng, (outputs,))
    if residual:
        config['use_residual'] = True
        if inputs != outputs:
            tensors['residual.weight'] = grid(rng, (outputs, inputs))
    return config, {name: exact(value) for name, value in tensors.items()}


def write_model(case, directory):
    shutil.copytree(HERE / BASE, directory, dirs_exist_ok=True)
    for path, content in case['files'].items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(json.dumps(content), encoding='utf-8')
    for path, tensors in case.get('tensors', {}).items():
        save_file(
            {
                name: torch.tensor(t['data'], dtype=torch.float32).reshape(t['shape']).contiguous()
                for name, t in tensors.items()
            },
            str(directory / path),
        )


def run_model(name, files, calls, tensors=None):
    """`calls`: (method, options as this package names them)"""
    case = {'name': name, 'files': files} | ({'tensors': tensors} if tensors else {})
    with tempfile.TemporaryDirectory() as folder:
        write_model(case, Path(folder))
        model = SentenceTransformer(folder, device='cpu', model_kwargs={'attn_implementation': 'eager'}).double()
    case['calls'] = []
    for method, options in calls:
        function = getattr(model, {'encode': 'encode', 'encodeQuery': 'encode_query'}.get(method, 'encode_document'))
        kwargs = {NAMES[key]: value for key, value in options.items()}
        if method == 'encodeDocument' and not options and 'config_sentence_transformers.json' in files:
            # The documented rule, the first of document, passage and corpus. 6.2 itself always finds an empty
            # "document", which it puts into the prompts of every model.
            kwargs['prompt_name'] = 'passage'
        # One text at a time: no padding.
        rows = np.stack([function(text, **kwargs) for text in TEXTS.values()])
        case['calls'].append({'method': method, 'options': options, 'output': rounded(rows)})
    return case


def dense_model(name, layers, calls, normalize=False, pool='mean', newer=False):
    kinds = ['Pooling'] + ['Dense'] * len(layers) + ['Normalize'] * normalize
    files = {'modules.json': modules(*kinds, newer=newer), '1_Pooling/config.json': pooling(pool)}
    tensors = {}
    for i, (config, weights) in enumerate(layers):
        files[f'{i + 2}_Dense/config.json'] = config
        tensors[f'{i + 2}_Dense/model.safetensors'] = weights
    return run_model(name, files, calls, tensors)


PROMPTS = {'query': 'The road to: ', 'passage': 'sea and ', 'corpus': 'never ', 'nothing': None}


def prompts(**more):
    return {'prompts': PROMPTS} | more


def models():
    plain = modules('Pooling')
    encode = ('encode', {})
    yield run_model(
        'prompts',
        {
            'modules.json': plain,
            '1_Pooling/config.json': pooling('mean'),
            'config_sentence_transformers.json': prompts(),
        },
        [
            encode,
            ('encode', {'promptName': 'query'}),
            ('encode', {'promptName': 'nothing'}),
            ('encode', {'prompt': 'warm stone '}),
            ('encode', {'prompt': 'warm stone ', 'promptName': 'query'}),
            ('encodeQuery', {}),
            ('encodeQuery', {'prompt': ''}),
            ('encodeDocument', {}),
            ('encodeDocument', {'promptName': 'corpus'}),
        ],
    )
    yield run_model(
        'a prompt by default',
        {
            'modules.json': plain,
            '1_Pooling/config.json': pooling('mean'),
            'config_sentence_transformers.json': prompts(default_prompt_name='corpus', similarity_fn_name='dot'),
        },
        [encode, ('encode', {'prompt': ''}), ('encodeQuery', {}), ('encodeDocument', {})],
    )
    for mode in MODES:
        yield run_model(
            f'{mode} without the prompt',
            {
                'modules.json': plain,
                '1_Pooling/config.json': pooling(mode, include_prompt=False),
                'config_sentence_transformers.json': prompts(),
            },
            [encode, ('encodeQuery', {})],
        )
    yield run_model(
        'several poolings',
        {
            'modules.json': modules('Pooling', 'Normalize'),
            '1_Pooling/config.json': pooling(['lasttoken', 'max', 'mean', 'weightedmean'], include_prompt=False),
        },
        [encode, ('encode', {'prompt': 'warm '}), ('encode', {'truncateDim': 30, 'normalize': True})],
    )
    yield run_model(
        'several poolings by older keys',
        {
            'modules.json': plain,
            '1_Pooling/config.json': old_pooling(
                'pooling_mode_mean_sqrt_len_tokens', 'pooling_mode_cls_token', 'pooling_mode_mean_tokens'
            ),
        },
        [encode],
    )
    yield run_model(
        'no prompts of its own but a default',
        {
            'modules.json': plain,
            '1_Pooling/config.json': pooling('mean'),
            'config_sentence_transformers.json': {'prompts': {'sea': 'to the sea '}, 'default_prompt_name': 'sea'},
        },
        [encode, ('encodeQuery', {}), ('encode', {'promptName': 'document'})],
    )
    truncations = [encode, ('encode', {'truncateDim': 7}), ('encode', {'truncateDim': 7, 'normalize': True})]
    yield run_model(
        'normalized',
        {'modules.json': modules('Pooling', 'Normalize'), '1_Pooling/config.json': pooling('mean')},
        truncations,
    )
    yield run_model(
        'not normalized',
        {'modules.json': plain, '1_Pooling/config.json': pooling('mean')},
        truncations + [('encode', {'truncateDim': 1000}), ('encode', {'normalize': True})],
    )
    tanh = dense(HIDDEN, 16, 'activation.Tanh')
    yield dense_model('Dense', [tanh], truncations, newer=True)
    yield dense_model('Dense, Normalize', [tanh], truncations, normalize=True)
    kinds = ('linear.Identity', 'activation.ReLU', 'activation.GELU', 'activation.Sigmoid', 'activation.SiLU')
    for activation in kinds:
        yield dense_model(f'Dense with {activation}', [dense(HIDDEN, 9, activation, bias=False)], [encode])
    yield dense_model(
        'two Dense with ways around',
        [
            dense(HIDDEN, HIDDEN, 'activation.ReLU', residual=True),
            dense(HIDDEN, 10, 'activation.Tanh', residual=True),
        ],
        [encode],
    )
    behind = dense(2 * HIDDEN, 8, 'linear.Identity')
    yield dense_model('Dense behind several poolings', [behind], [encode], pool=['cls', 'mean'])


def similarities():
    a = grid(rng, (3, 5))
    b = grid(rng, (4, 5))
    b[1] = 0
    both = {
        'cosine': (cos_sim, pairwise_cos_sim),
        'dot': (dot_score, pairwise_dot_score),
        'euclidean': (euclidean_sim, pairwise_euclidean_sim),
        'manhattan': (manhattan_sim, pairwise_manhattan_sim),
    }
    return {
        'a': exact(a),
        'b': exact(b),
        'functions': [
            {'name': name, 'all': rounded(every(a, b)), 'pairs': rounded(pairs(a, b[:3]))}
            for name, (every, pairs) in both.items()
        ],
    }


def searches():
    queries = grid(rng, (3, 8))
    corpus = grid(rng, (40, 8))
    found = {
        name: semantic_search(torch.tensor(queries), torch.tensor(corpus), top_k=6, score_function=function)
        for name, function in (
            ('cosine', cos_sim),
            ('dot', dot_score),
            ('euclidean', euclidean_sim),
            ('manhattan', manhattan_sim),
        )
    }
    return {
        'queries': exact(queries),
        'corpus': exact(corpus),
        'topK': 6,
        'hits': {
            name: [
                [{'corpusId': hit['corpus_id'], 'score': significant(hit['score'])} for hit in hits] for hits in rows
            ]
            for name, rows in found.items()
        },
    }


def quantizations():
    rows = grid(rng, (7, 11)).astype(np.float32)
    rows[:, 4] = 0.5
    rows[2, 3] = 0
    calibration = grid(rng, (9, 11), 0.3).astype(np.float32)
    ranges = np.stack([np.full(11, -1.25), np.arange(11) / 4 + 0.5]).astype(np.float32)
    cases = []
    for precision in ('int8', 'uint8'):
        for source in ('none', 'ranges', 'calibration'):
            kwargs = {'ranges': ranges} if source == 'ranges' else {}
            if source == 'calibration':
                kwargs['calibration_embeddings'] = calibration
            cases.append((precision, source, quantize_embeddings(rows, precision, **kwargs)))
    for precision in ('binary', 'ubinary'):
        cases.append((precision, 'none', quantize_embeddings(rows, precision)))
    return {
        'rows': exact(rows),
        'ranges': exact(ranges),
        'calibration': exact(calibration),
        'cases': [
            {'precision': precision, 'from': source, 'output': {'shape': list(q.shape), 'data': q.ravel().tolist()}}
            for precision, source, q in cases
        ],
    }


if __name__ == '__main__':
    write_json(
        HERE / 'encoder_options.json',
        {
            'base': BASE,
            'texts': [{'name': name, 'text': text} for name, text in TEXTS.items()],
            'models': list(models()),
            'similarity': similarities(),
            'search': searches(),
            'quantization': quantizations(),
        },
    )
