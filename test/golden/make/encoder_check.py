"""Holds the expected values of a small encoder against sentence-transformers and transformers in float32."""

import json
import tempfile
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling

from encoder_pooling import POOLING, pool

LIBRARY_POOLING = {'mean_sqrt_len': 'mean_sqrt_len_tokens'}
TOLERANCE = 1e-5


def against_library(directory, encoder, texts, ids, states, config):
    """The library reads the directory by that config, agrees on all ids, hidden states and poolings."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for path in directory.iterdir():
            if path.name != 'config.json':
                (copy / path.name).symlink_to(path)
        (copy / 'config.json').write_text(json.dumps(config))
        library = SentenceTransformer(name, device='cpu')
    assert type(library[0].auto_model) is encoder.model, type(library[0].auto_model)
    for text, row in zip(texts, ids, strict=True):
        got = library.preprocess([text])['input_ids'][0].tolist()
        assert got == row, (encoder.name, text, got, row)
    embeddings = torch.tensor(library.encode(texts, batch_size=4))
    close(embeddings, pool(states, encoder.pooling, encoder.normalize), f'{encoder.name} embeddings')
    tokens = library.encode(texts, batch_size=4, output_value='token_embeddings')
    for text, got, expected in zip(texts, tokens, states, strict=True):
        close(got, expected, f'{encoder.name} tokens of {text!r}')
    hidden = states[0].shape[1]
    for mode in POOLING:
        pooling = Pooling(hidden, LIBRARY_POOLING.get(mode, mode))
        with torch.no_grad():
            features = pooling(library[0](library.preprocess(texts)))
        close(features['sentence_embedding'], pool(states, mode), f'{encoder.name} {mode}')


def close(got, expected, what):
    """Float32 of a model with wide sums: relative to the largest number where that exceeds 1."""
    assert got.shape == expected.shape, (what, got.shape, expected.shape)
    error = (got.double() - expected).abs().max()
    assert error <= TOLERANCE * max(1, expected.abs().max()), (what, float(error), float(expected.abs().max()))
