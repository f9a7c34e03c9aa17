"""The one formula of docs/architecture.md, composed in torch, float64:

Y_h = softmax( mix_i S_i ) V_h          Y = concat_h(Y_h) W_o + b_o

Masks mean "attend". V_h and the dot-product scores come from value and key, every other score from query.
"""

import numpy as np
import torch


def tensor(array):
    return torch.from_numpy(np.array(array))


def project(x, weights, name):
    """[B, L, d] by kernel [d, H, k] -> [B, H, L, k]"""
    y = torch.einsum('bld,dhk->bhlk', x, tensor(weights[f'{name}/kernel']))
    bias = weights.get(f'{name}/bias')
    return y if bias is None else y + tensor(bias)[:, None, :]


def dot_product_scores(query, key, weights):
    q, k = project(query, weights, 'query'), project(key, weights, 'key')
    return q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5


def random_scores(query, key, weights):
    return tensor(weights['random/kernel'])[None, :, : query.shape[1], : key.shape[1]]


def dense_scores(query, key, weights):
    hidden = torch.relu(project(query, weights, 'dense_1'))
    kernel = tensor(weights['dense_2/kernel'])
    if kernel.dim() == 2:  # one [d_h, N] for all heads
        logits = torch.einsum('bhtc,cn->bhtn', hidden, kernel)
    else:
        logits = torch.einsum('bhtc,hcn->bhtn', hidden, kernel)
    if 'dense_2/bias' in weights:  # [N] or [H, N]
        logits = logits + tensor(weights['dense_2/bias']).reshape(-1, 1, kernel.shape[-1])
    return logits[..., : key.shape[1]]


SCORES = {'dot-product': dot_product_scores, 'random': random_scores, 'dense': dense_scores}


def merged_mask(t, s, masks, causal):
    """All masks joined by AND, broadcastable to [B, H, T, S]; None when there is none."""
    parts = []
    if 'queryMask' in masks:
        parts.append(tensor(masks['queryMask'])[:, None, :, None])
    for name in ('valueMask', 'keyMask'):
        if name in masks:
            parts.append(tensor(masks[name])[:, None, None, :])
    if 'attentionMask' in masks:
        mask = tensor(masks['attentionMask'])
        parts.append(mask[:, None] if mask.dim() == 3 else mask)
    if causal:  # aligned top-left
        parts.append(torch.ones(t, s, dtype=torch.bool).tril())
    if not parts:
        return None
    merged = parts[0]
    for part in parts[1:]:
        merged = merged & part
    return merged


def masked_softmax(logits, mask):
    """Softmax over the last axis; what is masked weighs 0, and so does the whole of a fully masked row."""
    if mask is None:
        return torch.softmax(logits, -1)
    weights = torch.softmax(logits.masked_fill(~mask, -torch.inf), -1)
    return weights.masked_fill(~mask, 0.0)  # also replaces the NaN of a fully masked row


def attend(score_names, config, weights, inputs, masks, causal):
    """The formula: returns the output [B, T, d_out] and the attention weights [B, H, T, S]."""
    query = tensor(inputs['query'])
    value = tensor(inputs.get('value', inputs['query']))
    key = tensor(inputs['key']) if 'key' in inputs else value
    logits = [SCORES[name](query, key, weights) for name in score_names]
    if len(logits) == 1:
        mixed = logits[0]
    elif config['mixing'] == 'sum':
        mixed = sum(logits)
    else:
        alpha = torch.softmax(tensor(weights['mixing/logits']), 0)
        mixed = sum(a * s for a, s in zip(alpha, logits))
    v = project(value, weights, 'value')
    mixed = mixed.expand(query.shape[0], v.shape[1], query.shape[1], v.shape[2])
    probabilities = masked_softmax(mixed, merged_mask(query.shape[1], v.shape[2], masks, causal))
    output = torch.einsum('bhtk,hko->bto', probabilities @ v, tensor(weights['attention_output/kernel']))
    bias = weights.get('attention_output/bias')
    return output if bias is None else output + tensor(bias), probabilities
