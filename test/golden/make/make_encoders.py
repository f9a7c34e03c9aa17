"""Writes encoders/<name>/, sentence-transformers directories of small random models, and encoders/<name>.json.

`make_encoders.py [name...]` makes some of them. The weights are random and large enough that every term of the
forward pass moves the result. Expected values are computed in float64, one text at a time, without padding;
transformers and sentence-transformers must agree with them in float32.
"""

import inspect
import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from tokenizers import Tokenizer

import encoder_check as check
from encoder_decoders import DECODERS
from encoder_models import BERT_FAMILY
from encoder_pooling import POOLING, pool
from encoder_rotary import ROTARY
from encoder_texts import HIDDEN_STATES_OF, POOLED, TEXTS
from golden_io import rounded, write_json

OUTPUT = Path(__file__).resolve().parent.parent / 'encoders'
OLD_POOLING_KEYS = {
    'cls': 'pooling_mode_cls_token',
    'mean': 'pooling_mode_mean_tokens',
    'max': 'pooling_mode_max_tokens',
    'mean_sqrt_len': 'pooling_mode_mean_sqrt_len_tokens',
    'weightedmean': 'pooling_mode_weightedmean_tokens',
    'lasttoken': 'pooling_mode_lasttoken',
}


def make_weights(encoder, config):
    shapes = encoder.shapes or library_shapes(encoder, config)
    seed = sum(encoder.name.encode())
    return draw(seed, shapes), draw(seed + 1, encoder.extra)


def library_shapes(encoder, config):
    model = make_model(encoder, config)
    return {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}


def make_model(encoder, config):
    known = inspect.signature(encoder.model).parameters
    without_pooler = {'add_pooling_layer': False} if 'add_pooling_layer' in known else {}
    made = encoder.model.config_class(**config, attn_implementation='eager')
    return encoder.model(made, **without_pooler).eval()


def draw(seed, shapes):
    rng = np.random.RandomState(seed)
    weights = {}
    for name, shape in sorted(shapes.items()):
        noise = rng.standard_normal(shape) * 0.2
        if 'norm' in name.lower() or '_ln.' in name:
            noise += name.endswith('weight')
        weights[name] = torch.from_numpy(noise.astype(np.float32))
    return weights


def hidden_states(encoder, config, weights, ids):
    """[[tokens, hidden]] in float64, one a text"""
    with torch.no_grad():
        if encoder.forward:
            return [encoder.forward(config, weights, torch.tensor(row)) for row in ids]
        model = make_model(encoder, config)
        model.load_state_dict(weights)
        model.double()
        return [model(input_ids=torch.tensor([row])).last_hidden_state[0] for row in ids]


def write_json_file(path, record):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=2) + '\n', encoding='utf-8')


def special_tokens(tokenizer):
    def first(*names):
        return next((name for name in names if tokenizer.token_to_id(name) is not None), None)

    tokens = {
        'bos_token': first('<s>'),
        'cls_token': first('[CLS]', '<s>'),
        'eos_token': first('</s>', '<|endoftext|>'),
        'mask_token': first('[MASK]', '<mask>'),
        'pad_token': first('[PAD]', '<pad>', '<|endoftext|>'),
        'sep_token': first('[SEP]', '</s>'),
        'unk_token': first('[UNK]', '<unk>'),
    }
    return {name: token for name, token in tokens.items() if token is not None}


def write_directory(directory, encoder, config, weights, tokenizer):
    directory.mkdir(parents=True, exist_ok=True)
    write_json_file(directory / 'config.json', config)
    tokenizer.save(str(directory / 'tokenizer.json'), pretty=False)
    limit = encoder.max_seq_length
    longer = limit if encoder.length_in_tokenizer else 512
    write_json_file(
        directory / 'tokenizer_config.json',
        special_tokens(tokenizer) | {'model_max_length': longer, 'tokenizer_class': encoder.tokenizer_class},
    )
    if not encoder.length_in_tokenizer:
        write_json_file(
            directory / 'sentence_bert_config.json', {'max_seq_length': limit, 'do_lower_case': False}
        )
    modules = [('', 'Transformer'), ('1_Pooling', 'Pooling')]
    modules += [('2_Normalize', 'Normalize')] if encoder.normalize else []
    write_json_file(
        directory / 'modules.json',
        [
            {'idx': i, 'name': str(i), 'path': path, 'type': f'sentence_transformers.models.{kind}'}
            for i, (path, kind) in enumerate(modules)
        ],
    )
    hidden = next(config[key] for key in ('hidden_size', 'dim', 'n_embd') if key in config)
    write_json_file(directory / '1_Pooling' / 'config.json', pooling_config(encoder, hidden))
    write_weights(directory, encoder, weights)


def pooling_config(encoder, dimension):
    if encoder.pooling_by_name:
        mode = check.LIBRARY_POOLING.get(encoder.pooling, encoder.pooling)
        return {'embedding_dimension': dimension, 'pooling_mode': mode, 'include_prompt': True}
    flags = {key: mode == encoder.pooling for mode, key in OLD_POOLING_KEYS.items()}
    return {'word_embedding_dimension': dimension} | flags | {'include_prompt': True}


def write_weights(directory, encoder, weights):
    names = sorted(weights)
    files = {'model.safetensors': names}
    if encoder.shards > 1:
        files = {
            f'model-{i + 1:05}-of-{encoder.shards:05}.safetensors': names[i :: encoder.shards]
            for i in range(encoder.shards)
        }
        total = sum(weight.numel() * weight.element_size() for weight in weights.values())
        index = {name: file for file, members in files.items() for name in members}
        write_json_file(
            directory / 'model.safetensors.index.json',
            {'metadata': {'total_size': total}, 'weight_map': dict(sorted(index.items()))},
        )
    for file, members in files.items():
        data = save({name: weights[name] for name in members}, metadata={'format': 'pt'})
        (directory / file).write_bytes(data)


def make(encoder):
    directory = OUTPUT / encoder.name
    tokenizer = encoder.tokenizer()
    config = encoder.config | {'vocab_size': tokenizer.get_vocab_size()}
    if encoder.config.get('vocab_size', config['vocab_size']) != config['vocab_size']:
        raise ValueError(f'{encoder.name}: expected vocab_size {config["vocab_size"]}')
    weights, extra = make_weights(encoder, config)
    stored = {encoder.prefix + name: weight for name, weight in weights.items()} | extra
    write_directory(directory, encoder, config, stored, tokenizer)

    texts = list(TEXTS.values())
    names = list(TEXTS)
    tokenizer = Tokenizer.from_file(str(directory / 'tokenizer.json'))
    tokenizer.enable_truncation(encoder.max_seq_length)
    ids = [tokenizer.encode(text).ids for text in texts]
    states = hidden_states(encoder, config, weights, ids)
    readable = encoder.library_config or (lambda config: config)
    check.against_library(directory, encoder, texts, ids, states, readable(config))

    def own(states):
        return rounded(pool(states, encoder.pooling, encoder.normalize))

    variants = []
    for name, changed in encoder.variants.items():
        changed = changed | {'vocab_size': config['vocab_size']}
        record = {'name': name, 'config': changed}
        others = states
        if name not in encoder.newer_keys:
            others = hidden_states(encoder, changed, weights, ids)
            record['embeddings'] = own(others)
        if (known := readable(changed)) is not None:
            check.against_library(directory, encoder, texts, ids, others, known)
        variants.append(record)
    some = [names.index(name) for name in POOLED]
    write_json(
        OUTPUT / f'{encoder.name}.json',
        {
            'max_seq_length': encoder.max_seq_length,
            'pooling': encoder.pooling,
            'normalize': encoder.normalize,
            'texts': [
                {'name': n, 'text': t, 'ids': row} for n, t, row in zip(names, texts, ids, strict=True)
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


def main():
    torch.set_num_threads(1)
    wanted = sys.argv[1:]
    encoders = {encoder.name: encoder for encoder in [*BERT_FAMILY, *ROTARY, *DECODERS]}
    for name in wanted or encoders:
        make(encoders[name])
        print(name)


if __name__ == '__main__':
    main()
