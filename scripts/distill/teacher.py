"""Step 2: what the student takes from the teacher: embeddings of the texts, and its weights and attention by position.

The embeddings come from the package's own engine (`synthetic-attention encode`), 730,000 texts in some eleven minutes with 8-bit weights,
the held-out ones with those that it has.
"""

import math
import subprocess
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

import corpus

COMMAND = Path(__file__).resolve().parents[2] / 'dist' / 'cli' / 'main.js'


def add_arguments(parser):
    parser.add_argument('--dtype', default='int8', help='for the texts to train on')


def run(args):
    held = args.work / 'held_reviews.txt'
    held.write_text(''.join(line.split('\t', 1)[1] for line in open(args.work / 'held_reviews.tsv', encoding='utf-8')))
    for name, dtype in (('held_glosses', 'float32'), ('held_reviews', 'float32'), ('train', args.dtype)):
        command = ['node', COMMAND, 'encode', '--model', args.teacher, '--dtype', dtype, '--resume', '--input',
                   args.work / f'{name}.txt', '--output', args.work / f'{name}.npy']
        subprocess.run(list(map(str, command)), check=True)


def weights(directory):
    return load_file(str(directory / 'model.safetensors'))


@torch.no_grad()
def attention_by_position(directory, ids, offsets, longest, texts=4000, bins=(8, 64)):
    """Of each layer and head: mean log-attention [heads, longest, longest], and how much it varies between texts.

    The separator's column stands second, as the student reads it. Places that few texts reach take the mean of their
    distance. The variation is the mean KL divergence from the static softmax to a text's own attention.
    """
    own = weights(directory)
    layers = 1 + max(int(n.split('.')[2]) for n in own if n.startswith('encoder.layer.'))
    heads, hidden = 12, own['embeddings.word_embeddings.weight'].shape[1]
    size = hidden // heads
    sums = torch.zeros(layers, heads, longest, longest)
    counts = torch.zeros(longest, longest)
    lengths = np.diff(offsets)
    seen = []
    linear = lambda x, name: torch.nn.functional.linear(x, own[f'{name}.weight'], own[f'{name}.bias'])
    norm = lambda x, name: torch.nn.functional.layer_norm(x, (hidden,), own[f'{name}.weight'], own[f'{name}.bias'], 1e-12)
    for index in range(min(texts, len(lengths))):
        length = int(lengths[index])
        row = torch.from_numpy(ids[offsets[index]:offsets[index + 1]].astype(np.int64))
        # The teacher's order of tokens and its positions: [CLS] text [SEP].
        turn = torch.tensor([0, *range(2, length), 1])
        back = torch.argsort(turn)
        x = own['embeddings.word_embeddings.weight'][row[turn]] + own['embeddings.position_embeddings.weight'][:length]
        x = norm(x + own['embeddings.token_type_embeddings.weight'][0], 'embeddings.LayerNorm')
        logs = []
        for i in range(layers):
            at = f'encoder.layer.{i}'
            split = lambda y: y.view(length, heads, size).transpose(0, 1)
            q, k, v = (split(linear(x, f'{at}.attention.self.{n}')) for n in ('query', 'key', 'value'))
            log = torch.log_softmax(q @ k.transpose(-1, -2) / math.sqrt(size), -1)
            logs.append(log[:, back][:, :, back])
            context = (log.exp() @ v).transpose(0, 1).reshape(length, hidden)
            x = norm(x + linear(context, f'{at}.attention.output.dense'), f'{at}.attention.output.LayerNorm')
            inner = torch.nn.functional.gelu(linear(x, f'{at}.intermediate.dense'))
            x = norm(x + linear(inner, f'{at}.output.dense'), f'{at}.output.LayerNorm')
        log = torch.stack(logs)
        sums[:, :, :length, :length] += log
        counts[:length, :length] += 1
        if index % 20 == 0:
            seen.append(log)
    means = smooth(sums / counts.clamp(min=1), counts)
    variation = torch.zeros(layers, heads)
    for log in seen:
        length = log.shape[-1]
        static = torch.log_softmax(means[:, :, :length, :length], -1)
        variation += (log.exp() * (log - static)).sum(-1).mean(-1)
    return means, variation / len(seen)


def smooth(means, counts, enough=50):
    """Far places take the mean logit of their distance; the columns of [CLS] and [SEP] that of the rows before."""
    longest = counts.shape[-1]
    known = counts >= enough
    result = means.clone()
    rows, columns = torch.meshgrid(torch.arange(longest), torch.arange(longest), indexing='ij')
    distance = columns - rows
    by_distance = {}
    for d in range(-longest + 1, longest):
        at = known & (distance == d) & (columns > 1) & (rows > 1)
        if at.any():
            by_distance[d] = means[:, :, at].mean(-1)
    last, first = max(by_distance), min(by_distance)
    full = int(known.diagonal().sum())
    for d in range(-longest + 1, longest):
        at = ~known & (distance == d)
        if at.any():
            result[:, :, at] = by_distance[max(first, min(last, d))].unsqueeze(-1)
    # Rows of what stands still, and columns of it, do not depend on the distance.
    for column in (0, 1):
        result[:, :, full:, column] = means[:, :, full - 8:full, column].mean(-1, keepdim=True)
        result[:, :, column, full:] = means[:, :, column, full - 8:full].mean(-1, keepdim=True)
    return result
