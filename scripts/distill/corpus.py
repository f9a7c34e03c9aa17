"""Token ids of texts as the student reads them, kept flat; and batches of texts of one length.

The student reads [CLS] [SEP] and then the text: a separator that stands still is what heads without a view of the
tokens can rest on, as the teacher's heads rest on the one at the end.
"""

import numpy as np
import torch
from tokenizers import Tokenizer

CLS, SEP = 101, 102


def tokenize(texts, tokenizer_file, longest):
    """Flat ids and offsets; at most `longest` ids a text."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest - 2)
    rows = []
    for begin in range(0, len(texts), 4096):
        part = tokenizer.encode_batch(texts[begin:begin + 4096], add_special_tokens=False)
        rows += [np.array([CLS, SEP, *e.ids], dtype=np.int32) for e in part]
    offsets = np.cumsum([0] + [len(r) for r in rows])
    return np.concatenate(rows), offsets


def read_lines(path, most=None):
    with open(path, encoding='utf-8') as file:
        return [line.rstrip('\n') for _, line in zip(range(most or 1 << 60), file)]


class Corpus:
    """Texts with the teacher's embeddings."""

    def __init__(self, texts, embeddings, tokenizer_file, longest):
        self.ids, self.offsets = tokenize(texts, tokenizer_file, longest)
        self.lengths = np.diff(self.offsets)
        self.embeddings = embeddings

    def rows(self, indices):
        length = self.lengths[indices[0]]
        at = self.offsets[np.asarray(indices)][:, None] + np.arange(length)[None]
        return torch.from_numpy(self.ids[at].astype(np.int64))

    def targets(self, indices):
        return torch.from_numpy(np.asarray(self.embeddings[np.sort(indices)], dtype=np.float32)[
            np.argsort(np.argsort(indices))])


def drawn(kinds, shares, rng):
    """Indices of an epoch's texts: of each kind its share of 1, chosen anew for each epoch, or all several times."""
    parts = []
    for kind in sorted(set(kinds)):
        own = np.flatnonzero(kinds == kind)
        share = shares.get(kind, shares.get('*', 1.0))
        whole = int(share)
        parts += [own] * whole
        parts.append(rng.choice(own, round(len(own) * (share - whole)), replace=False))
    return np.concatenate(parts)


def epoch(corpus, chosen, rng, tokens, groups):
    """Steps of an epoch: each a list of index arrays, texts of one length in each, about `tokens` ids in all."""
    order = rng.permutation(chosen)
    order = order[np.argsort(corpus.lengths[order], kind='stable')]
    lengths = corpus.lengths[order]
    parts = []
    for length in np.unique(lengths):
        own = order[lengths == length]
        size = max(2, round(tokens / groups / length))
        parts += [own[i:i + size] for i in range(0, len(own), size)]
    parts = [p for p in parts if len(p) > 1]
    shuffled = [parts[i] for i in rng.permutation(len(parts))]
    return [shuffled[i:i + groups] for i in range(0, len(shuffled), groups)]
