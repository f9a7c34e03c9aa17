"""Writes tiny_bert/, a sentence-transformers directory of a small random BERT, and tiny_bert.json.

The weights are random and large enough that every term of the forward pass moves the result. Expected values
are computed in float64, one text at a time, without padding.
"""

import json
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from golden_io import rounded, write_json
from tiny_tokenizer import SPECIAL_TOKENS, TEXTS, make_tokenizer

HERE = Path(__file__).resolve().parent.parent
MODEL = HERE / 'tiny_bert'
MAX_SEQ_LENGTH = 64
MAX_POSITIONS = 96
HIDDEN_STATES_OF = ('sentence', 'cjk')


def make_config(vocab_size):
    return {
        'architectures': ['BertModel'],
        'attention_probs_dropout_prob': 0.1,
        'hidden_act': 'gelu',
        'hidden_dropout_prob': 0.1,
        'hidden_size': 48,
        'initializer_range': 0.2,
        'intermediate_size': 112,
        'layer_norm_eps': 1e-12,
        'max_position_embeddings': MAX_POSITIONS,
        'model_type': 'bert',
        'num_attention_heads': 4,
        'num_hidden_layers': 3,
        'pad_token_id': 0,
        'position_embedding_type': 'absolute',
        'type_vocab_size': 2,
        'vocab_size': vocab_size,
    }


def make_model(config, weights=None):
    """A float64 BertModel; `weights` None draws them, by name, from a frozen stream."""
    model = BertModel(BertConfig(**config, attn_implementation='eager')).eval()
    if weights is None:
        rng = np.random.RandomState(2024)
        weights = {}
        for name, parameter in sorted(model.named_parameters()):
            noise = rng.standard_normal(tuple(parameter.shape)) * config['initializer_range']
            if name.endswith('LayerNorm.weight'):
                noise += 1
            weights[name] = torch.from_numpy(noise.astype(np.float32))
    model.load_state_dict(weights)
    return model.double(), weights


def write_json_file(path, record):
    path.write_text(json.dumps(record, indent=2) + '\n', encoding='utf-8')


def write_directory(config, weights, tokenizer):
    (MODEL / '1_Pooling').mkdir(parents=True, exist_ok=True)
    write_json_file(MODEL / 'config.json', config)
    tokenizer.save(str(MODEL / 'tokenizer.json'), pretty=False)
    names = dict(
        zip(('pad_token', 'unk_token', 'cls_token', 'sep_token', 'mask_token'), SPECIAL_TOKENS, strict=True)
    )
    write_json_file(MODEL / 'special_tokens_map.json', names)
    write_json_file(
        MODEL / 'tokenizer_config.json',
        names
        | {
            'do_lower_case': True,
            'model_max_length': MAX_POSITIONS,
            'strip_accents': None,
            'tokenize_chinese_chars': True,
            'tokenizer_class': 'BertTokenizer',
        },
    )
    write_json_file(
        MODEL / 'sentence_bert_config.json', {'max_seq_length': MAX_SEQ_LENGTH, 'do_lower_case': False}
    )
    modules = (('', 'Transformer'), ('1_Pooling', 'Pooling'), ('2_Normalize', 'Normalize'))
    write_json_file(
        MODEL / 'modules.json',
        [
            {'idx': i, 'name': str(i), 'path': path, 'type': f'sentence_transformers.models.{kind}'}
            for i, (path, kind) in enumerate(modules)
        ],
    )
    write_json_file(MODEL / '1_Pooling' / 'config.json', pooling_config('mean', config['hidden_size']))

    write_weights('model.safetensors', weights)
    # older exports carry this integer tensor: a reader must not choke on it
    position_ids = {'embeddings.position_ids': torch.arange(MAX_POSITIONS)[None]}
    f16 = {name: weight.to(torch.float16) for name, weight in weights.items()}
    bf16 = {name: weight.to(torch.bfloat16) for name, weight in weights.items()}
    write_weights('model.f16.safetensors', f16 | position_ids)
    write_weights('model.bf16.safetensors', bf16)
    return f16, bf16


def write_weights(name, weights):
    (MODEL / name).write_bytes(save(weights, metadata={'format': 'pt'}))


def pooling_config(mode, dimension):
    return {
        'word_embedding_dimension': dimension,
        'pooling_mode_cls_token': mode == 'cls',
        'pooling_mode_mean_tokens': mode == 'mean',
        'pooling_mode_max_tokens': mode == 'max',
        'pooling_mode_mean_sqrt_len_tokens': False,
    }


POOLING = {
    'mean': lambda states: states.mean(0),
    'cls': lambda states: states[0],
    'max': lambda states: states.max(0).values,
}


def hidden_states(model, ids):
    """[[L, hidden]] in float64, one a text"""
    with torch.no_grad():
        return [model(input_ids=torch.tensor([row])).last_hidden_state[0] for row in ids]


def pool(states, mode, normalise=False):
    rows = torch.stack([POOLING[mode](s) for s in states])
    return rows / rows.norm(dim=1, keepdim=True) if normalise else rows


def check_against_library(texts, ids, states, config):
    """sentence-transformers reads the directory, agrees on ids, and in float32 on every embedding to 1e-5."""
    library = SentenceTransformer(str(MODEL), device='cpu')
    for text, row in zip(texts, ids, strict=True):
        # 5.x and later name this preprocess, earlier versions tokenize
        features = getattr(library, 'preprocess', None) or library.tokenize
        assert features([text])['input_ids'][0].tolist() == row, text
    compare(library, texts, pool(states, 'mean', True))
    for mode in POOLING:
        with tempfile.TemporaryDirectory() as name:
            copy = Path(name)
            for path in MODEL.iterdir():
                if path.is_file():
                    (copy / path.name).symlink_to(path)
            (copy / '1_Pooling').mkdir()
            write_json_file(copy / '1_Pooling' / 'config.json', pooling_config(mode, config['hidden_size']))
            (copy / 'modules.json').unlink()
            write_json_file(copy / 'modules.json', json.loads((MODEL / 'modules.json').read_text())[:2])
            compare(SentenceTransformer(name, device='cpu'), texts, pool(states, mode))


def compare(library, texts, expected):
    got = library.encode(texts, batch_size=4, convert_to_numpy=True)
    error = np.abs(got - expected.numpy()).max()
    assert error < 1e-5, error


def main():
    torch.set_num_threads(1)
    tokenizer = make_tokenizer()
    config = make_config(tokenizer.get_vocab_size())
    model, weights = make_model(config)
    f16, bf16 = write_directory(config, weights, tokenizer)

    texts = list(TEXTS.values())
    tokenizer = Tokenizer.from_file(str(MODEL / 'tokenizer.json'))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_SEQ_LENGTH)
    ids = [tokenizer.encode(text).ids for text in texts]
    states = hidden_states(model, ids)
    check_against_library(texts, ids, states, config)

    def variant_rows(weights=weights, **changes):
        return rounded(pool(hidden_states(make_model(config | changes, weights)[0], ids), 'mean'))

    names = list(TEXTS)
    write_json(
        HERE / 'tiny_bert.json',
        {
            'max_seq_length': MAX_SEQ_LENGTH,
            'texts': [
                {'name': n, 'text': t, 'ids': row} for n, t, row in zip(names, texts, ids, strict=True)
            ],
            'embeddings': {
                'mean_normalized': rounded(pool(states, 'mean', True)),
                'mean': rounded(pool(states, 'mean')),
                'cls': rounded(pool(states, 'cls')),
                'max': rounded(pool(states, 'max')),
            },
            'hidden_states': [{'name': n} | rounded(states[names.index(n)]) for n in HIDDEN_STATES_OF],
            'variants': {
                'gelu_new': {'mean': variant_rows(hidden_act='gelu_new')},
                'relu': {'mean': variant_rows(hidden_act='relu')},
                'f16': {'mean': variant_rows(f16)},
                'bf16': {'mean': variant_rows(bf16)},
            },
        },
    )


if __name__ == '__main__':
    main()
