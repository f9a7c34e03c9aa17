"""The student: BERT's layers, cut from the teacher, whose heads mostly attend by position alone.

A plan says which of the teacher's layers stay, how wide their feed-forward parts are, and of each layer which heads
have which scores: 'dot' (dot-product), 'random' ([N, N] logits), 'factorized' (R1 R2^T), 'dense' (ReLU(x W1) W2), 'dense factors' (the same for A
and B, logit A[j mod tile] B[j // tile]).
A head of several mixes them with learnt weights, softmax(a). Tay et al., arXiv 2005.00743.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn


PADDED = 256


class Scores(nn.Module):
    """The logits of some heads of a layer that have the same kinds of scores."""

    def __init__(self, kinds, heads, hidden, size, longest, rank=8, depth=32, tile=16):
        super().__init__()
        self.kinds, self.heads, self.size = kinds, heads, size
        if 'dot' in kinds:
            self.query = nn.Linear(hidden, heads * size)
            self.key = nn.Linear(hidden, heads * size)
        if 'random' in kinds:
            self.kernel = nn.Parameter(torch.zeros(heads, longest, longest))
        if 'factorized' in kinds:
            self.left = nn.Parameter(0.1 * torch.randn(heads, longest, rank))
            self.right = nn.Parameter(0.1 * torch.randn(heads, longest, rank))
        if 'dense' in kinds:
            self.hidden = nn.Linear(hidden, heads * depth)
            self.output = nn.Parameter(torch.randn(heads, depth, longest) * 0.02)
            self.output_bias = nn.Parameter(torch.zeros(heads, longest))
        if 'dense factors' in kinds:
            self.tile = tile
            self.factors_hidden = nn.Linear(hidden, heads * depth)
            self.factors = nn.Parameter(torch.randn(heads, depth, tile + longest // tile) * 0.02)
            self.factors_bias = nn.Parameter(torch.ones(heads, tile + longest // tile))
        if len(kinds) > 1:
            self.mixing = nn.Parameter(torch.zeros(len(kinds)))

    def project(self, x):
        """What is computed token by token, of all tokens of a step at once: x [tokens, hidden]."""
        of = {}
        if 'dot' in self.kinds:
            of['query'], of['key'] = self.query(x) / math.sqrt(self.size), self.key(x)
        if 'dense' in self.kinds:
            of['hidden'] = F.relu(self.hidden(x))
        if 'dense factors' in self.kinds:
            of['factors'] = F.relu(self.factors_hidden(x))
        return of

    def forward(self, of, batch, length):
        """Logits of texts of one length, [batch or 1, heads, length, length]; `of` is their part of `project`."""
        split = lambda y: y.view(batch, length, self.heads, -1).transpose(1, 2)
        parts = []
        for kind in self.kinds:
            if kind == 'dot':
                logits = split(of['query']) @ split(of['key']).transpose(-1, -2)
            elif kind == 'random':
                logits = self.kernel[:, :length, :length].unsqueeze(0)
            elif kind == 'factorized':
                logits = (self.left[:, :length] @ self.right[:, :length].transpose(-1, -2)).unsqueeze(0)
            elif kind == 'dense factors':
                both = split(of['factors']) @ self.factors + self.factors_bias[:, None]
                a, b = both[..., :self.tile], both[..., self.tile:]
                logits = (b[..., :, None] * a[..., None, :]).flatten(-2)[..., :length]
            else:
                logits = split(of['hidden']) @ self.output[:, :, :length]
                logits = logits + self.output_bias[:, None, :length]
            parts.append(logits)
        if len(parts) == 1:
            return parts[0]
        alpha = torch.softmax(self.mixing, 0)
        return sum(a * logits for a, logits in zip(alpha, parts))


class Layer(nn.Module):
    """`groups` is a list of (kinds, heads); heads are counted in order, as in the format of the package."""

    def __init__(self, groups, hidden, heads, inner, longest, **sizes):
        super().__init__()
        self.heads, self.size = heads, hidden // heads
        self.groups = nn.ModuleList(Scores(kinds, n, hidden, self.size, longest, **sizes) for kinds, n in groups)
        self.value = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, hidden)
        self.attention_norm = nn.LayerNorm(hidden, eps=1e-12)
        self.up = nn.Linear(hidden, inner)
        self.down = nn.Linear(inner, hidden)
        self.output_norm = nn.LayerNorm(hidden, eps=1e-12)

    def forward(self, x, shapes):
        """x [rows, hidden]: texts one after the other, then padding; `shapes` has [batch, length] of texts of one length."""
        values = self.value(x)
        projected = [scores.project(x) for scores in self.groups]
        contexts, begin = [], 0
        for batch, length in shapes:
            at = slice(begin, begin + batch * length)
            begin = at.stop
            contexts.append(self.attend(values[at], [{k: y[at] for k, y in of.items()} for of in projected], batch, length))
        if begin < len(x):
            contexts.append(values[begin:])
        x = self.attention_norm(x + self.out(torch.cat(contexts)))
        return self.output_norm(x + self.down(F.gelu(self.up(x))))

    def attend(self, values, projected, batch, length):
        values = values.view(batch, length, self.heads, self.size).transpose(1, 2)
        contexts, first = [], 0
        for scores, of in zip(self.groups, projected):
            own = values[:, first:first + scores.heads]
            first += scores.heads
            weights = torch.softmax(scores(of, batch, length).float(), -1).to(own.dtype)
            if weights.shape[0] == 1 and batch > 1:
                # One product of [length, length] a head: all texts have the same weights.
                flat = own.permute(1, 2, 0, 3).reshape(scores.heads, length, -1)
                context = (weights[0] @ flat).view(scores.heads, length, batch, self.size).permute(2, 0, 1, 3)
            else:
                context = weights @ own
            contexts.append(context)
        return torch.cat(contexts, 1).transpose(1, 2).reshape(batch * length, -1)


class Student(nn.Module):
    def __init__(self, plan):
        super().__init__()
        self.plan = plan
        hidden, longest = plan['hidden'], plan['longest']
        self.words = nn.Embedding(plan['vocabulary'], hidden)
        self.positions = nn.Embedding(longest, hidden)
        self.norm = nn.LayerNorm(hidden, eps=1e-12)
        self.layers = nn.ModuleList(
            Layer(layer['groups'], hidden, plan['heads'], layer['inner'], longest, **plan.get('sizes', {}))
            for layer in plan['layers']
        )

    def places(self, length):
        """Rows of the table of positions."""
        return torch.arange(length)

    def states(self, groups):
        """Of ids [batch, length] of texts of one length, several such: the states of all tokens [tokens, hidden]."""
        shapes = [tuple(ids.shape) for ids in groups]
        places = torch.cat([self.places(length).repeat(batch) for batch, length in shapes])
        # One look-up a step: each has a gradient as large as the table. And few sizes of products, each of which is compiled.
        tokens = len(places)
        pad = (0, -tokens % PADDED)
        x = self.words(F.pad(torch.cat([ids.flatten() for ids in groups]), pad)) + self.positions(F.pad(places, pad))
        x = self.norm(x)
        for layer in self.layers:
            x = layer(x, shapes)
        return x[:tokens]

    def forward(self, groups):
        """Embeddings of the texts of all groups, in order."""
        return pooled(self.states(groups), groups)


def pooled(states, groups):
    x, sums, begin = states.float(), [], 0
    for ids in groups:
        sums.append(x[begin:begin + ids.numel()].view(*ids.shape, -1).mean(1))
        begin += ids.numel()
    return F.normalize(torch.cat(sums), dim=-1)


class Teacher(Student):
    """All layers and heads. Reads the separator second as students do, at the place that it has at the end of a text."""

    def places(self, length):
        return torch.tensor([0, length - 1, *range(1, length - 1)])
