#!/usr/bin/env python3
"""Small models with heads, and what the pipelines of Python's transformers say of a few texts.

A directory holds one encoder with both of its heads: that of a masked language model and that of a classifier.
Weights are rounded to float16, and the pipelines compute with them in float64.

usage: make_heads.py
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    AutoConfig,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    PreTrainedTokenizerFast,
    pipeline,
)

from golden_io import significant, write_json

HERE = Path(__file__).resolve().parent.parent
HEADS = HERE / 'heads'
LABELS = ['angry', 'calm', 'glad']
TEXTS = {
    'middle': 'the cat sat on the {} stone',
    'end': 'we read a book and {}',
    'begin': '{} river, cold and slow.',
    'alone': '{}',
}
PLAIN = {
    'short': 'the cat sat on the warm stone',
    'empty': '',
    'long': 'the river was cold, and we read a book',
}

# name: (model of test/golden/encoders that gives tokenizer and sizes, what its config says otherwise)
MODELS = {
    'bert': ('bert_prefixed', {'problem_type': 'single_label_classification'}),
    'roberta': ('roberta', {'problem_type': 'multi_label_classification'}),
    'distilbert': ('distilbert', {'tie_word_embeddings': False}),
    'electra': ('electra', {'labels': 1}),
    'albert': ('albert', {}),
    'mpnet': ('mpnet', {'problem_type': 'regression', 'max_position_embeddings': 50}),
    'modernbert': ('modernbert', {'classifier_pooling': 'mean', 'norm_bias': True, 'classifier_bias': True}),
}


def randomize(model, generator):
    """Large weights, norms around 1 and biases that matter, as float16 holds them."""
    with torch.no_grad():
        for name, value in model.named_parameters():
            noise = torch.randn(value.shape, generator=generator) * 0.25
            centre = 1 if 'norm' in name.lower() and name.endswith('weight') else 0
            value.copy_((centre + noise).half().float())


def make_model(name, source, changes):
    changes = dict(changes)
    labels = LABELS[: changes.pop('labels', len(LABELS))]
    raw = json.loads((HERE / 'encoders' / source / 'config.json').read_text())
    layers = 'n_layers' if 'n_layers' in raw else 'num_hidden_layers'
    raw |= {layers: 1, 'id2label': dict(enumerate(labels))} | changes
    if 'global_attn_every_n_layers' in raw:
        raw[layers] = 2
    config = AutoConfig.for_model(**raw)
    generator = torch.Generator().manual_seed(7 + sum(map(ord, name)))
    masked = AutoModelForMaskedLM.from_config(config)
    classifier = AutoModelForSequenceClassification.from_config(config)
    randomize(masked, generator)
    randomize(classifier, generator)
    masked.tie_weights()
    shared = masked.state_dict()
    classifier.load_state_dict(shared, strict=False)

    folder = HEADS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in ('tokenizer.json', 'tokenizer_config.json'):
        shutil.copyfile(HERE / 'encoders' / source / file, folder / file)
    raw |= {'architectures': [type(masked).__name__, type(classifier).__name__]}
    (folder / 'config.json').write_text(json.dumps(raw, indent=2) + '\n')
    tensors = classifier.state_dict() | shared
    tied = [] if raw.get('tie_word_embeddings') is False else masked.all_tied_weights_keys.keys()
    tensors = {
        key: value.half().contiguous().clone()
        for key, value in tensors.items()
        if key not in tied and not key.endswith('position_ids')
    }
    save_file(tensors, folder / 'model.safetensors')
    return folder


def make_tokenizer(folder):
    config = json.loads((folder / 'tokenizer_config.json').read_text())
    special = {key: value for key, value in config.items() if key.endswith('_token')}
    return PreTrainedTokenizerFast(tokenizer_file=str(folder / 'tokenizer.json'), model_max_length=40, **special)


def rounded_scores(results):
    return [entry | {'score': significant(entry['score'])} for entry in results]


def filled(folder, tokenizer):
    model = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float64).eval()
    run = pipeline('fill-mask', model=model, tokenizer=tokenizer, top_k=4, device='cpu')
    texts = {name: text.format(tokenizer.mask_token) for name, text in TEXTS.items()}
    return [
        {'name': name, 'text': text, 'results': rounded_scores(run(text))} for name, text in texts.items()
    ]


def classified(folder, tokenizer):
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float64).eval()
    run = pipeline('text-classification', model=model, tokenizer=tokenizer, top_k=None, device='cpu')
    return [
        {'name': name, 'text': text, 'results': rounded_scores(run([text])[0])} for name, text in PLAIN.items()
    ]


def main():
    torch.set_num_threads(1)
    for name, (source, changes) in MODELS.items():
        folder = make_model(name, source, changes)
        tokenizer = make_tokenizer(folder)
        write_json(
            HEADS / f'{name}.json',
            {'fill_mask': filled(folder, tokenizer), 'text_classification': classified(folder, tokenizer)},
        )


if __name__ == '__main__':
    main()
