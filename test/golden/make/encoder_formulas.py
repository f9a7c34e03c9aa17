"""Encoders with rotary positions in plain torch, by their published formulas and tensor names.

transformers computes parts of these in float32 whatever the weights are; here everything is in the weights' type,
which is float64. One text at a time: x is [tokens, hidden].
"""

import torch
from torch.nn.functional import gelu, layer_norm, linear, silu


def angles(tokens, size, theta, factor=1.0):
    """[tokens, size / 2]; `factor` scales as NTK-by-base with a fixed factor does: in the base and for all."""
    exponents = torch.arange(0, size, 2, dtype=torch.float64) / size
    frequencies = (theta * factor) ** -exponents / factor ** (2 / size)
    return torch.arange(tokens, dtype=torch.float64)[:, None] * frequencies


def rotate(x, angle):
    """x [tokens, heads, size]: of the elements that turn, the first half turns with the second half."""
    turning = 2 * angle.shape[1]
    first, second = x[..., :turning].chunk(2, -1)
    cos, sin = angle.cos()[:, None], angle.sin()[:, None]
    turned = [first * cos - second * sin, second * cos + first * sin]
    return torch.cat([*turned, x[..., turning:]], -1)


def attention(packed, heads, angle, reach=None):
    """packed [tokens, 3 * hidden]: queries, keys, values; `reach` None or the farthest distance attended to"""
    tokens = packed.shape[0]
    q, k, v = packed.view(tokens, 3, heads, -1).unbind(1)
    logits = torch.einsum('qhd,khd->hqk', rotate(q, angle), rotate(k, angle)) / q.shape[-1] ** 0.5
    if reach is not None:
        position = torch.arange(tokens)
        logits = logits.masked_fill((position[:, None] - position).abs() > reach, -torch.inf)
    return torch.einsum('hqk,khd->qhd', logits.softmax(-1), v).reshape(tokens, -1)


class Weights:
    def __init__(self, weights, epsilon):
        self.weights = {name: weight.double() for name, weight in weights.items()}
        self.epsilon = epsilon

    def embed(self, name, ids):
        return self.weights[f'{name}.weight'][ids]

    def linear(self, name, x):
        return linear(x, self.weights[f'{name}.weight'], self.weights.get(f'{name}.bias'))

    def norm(self, name, x):
        weight = self.weights[f'{name}.weight']
        return layer_norm(x, weight.shape, weight, self.weights.get(f'{name}.bias'), self.epsilon)


def nomic_bert(config, weights, ids):
    """Post-norm, SwiGLU or GeGLU: fc11 passes, fc12 gates"""
    w = Weights(weights, config['layer_norm_epsilon'])
    heads = config['n_head']
    size = round(config['n_embd'] // heads * config['rotary_emb_fraction'])
    angle = angles(len(ids), size, config['rotary_emb_base'])
    activation = {'swiglu': silu, 'geglu': gelu}[config['activation_function']]
    x = w.embed('embeddings.word_embeddings', ids) + w.embed('embeddings.token_type_embeddings', 0)
    x = w.norm('emb_ln', x)
    for i in range(config['n_layer']):
        layer = f'encoder.layers.{i}'
        y = attention(w.linear(f'{layer}.attn.Wqkv', x), heads, angle)
        x = w.norm(f'{layer}.norm1', x + w.linear(f'{layer}.attn.out_proj', y))
        y = w.linear(f'{layer}.mlp.fc11', x) * activation(w.linear(f'{layer}.mlp.fc12', x))
        x = w.norm(f'{layer}.norm2', x + w.linear(f'{layer}.mlp.fc2', y))
    return x


def gte(config, weights, ids, prefix=''):
    """Post-norm, a gated GELU whose packed projection has the gate last"""
    w = Weights(weights, config['layer_norm_eps'])
    heads = config['num_attention_heads']
    scaling = config['rope_scaling'] or {'factor': 1.0}
    angle = angles(len(ids), config['hidden_size'] // heads, config['rope_theta'], scaling['factor'])
    x = w.embed(f'{prefix}embeddings.word_embeddings', ids)
    if config['type_vocab_size'] > 0:
        x = x + w.embed(f'{prefix}embeddings.token_type_embeddings', 0)
    x = w.norm(f'{prefix}embeddings.LayerNorm', x)
    for i in range(config['num_hidden_layers']):
        layer = f'{prefix}encoder.layer.{i}'
        y = attention(w.linear(f'{layer}.attention.qkv_proj', x), heads, angle)
        x = w.norm(f'{layer}.attn_ln', x + w.linear(f'{layer}.attention.o_proj', y))
        up, gate = w.linear(f'{layer}.mlp.up_gate_proj', x).chunk(2, -1)
        x = w.norm(f'{layer}.mlp_ln', x + w.linear(f'{layer}.mlp.down_proj', gelu(gate) * up))
    return x


def modernbert(config, weights, ids):
    """Pre-norm, a gated GELU whose packed projection has the gated half first, windows in some of the layers"""
    w = Weights(weights, config['norm_eps'])
    heads = config['num_attention_heads']
    size = config['hidden_size'] // heads
    local = modernbert_local_layers(config)
    ropes = config.get('rope_parameters')
    theta = {
        True: ropes['sliding_attention']['rope_theta'] if ropes else config['local_rope_theta'],
        False: ropes['full_attention']['rope_theta'] if ropes else config['global_rope_theta'],
    }
    x = w.norm('embeddings.norm', w.embed('embeddings.tok_embeddings', ids))
    for i in range(config['num_hidden_layers']):
        layer = f'layers.{i}'
        # the embeddings are normalised already
        y = x if i == 0 else w.norm(f'{layer}.attn_norm', x)
        packed = w.linear(f'{layer}.attn.Wqkv', y)
        reach = config['local_attention'] // 2 if local[i] else None
        y = attention(packed, heads, angles(len(ids), size, theta[local[i]]), reach)
        x = x + w.linear(f'{layer}.attn.Wo', y)
        y, gate = w.linear(f'{layer}.mlp.Wi', w.norm(f'{layer}.mlp_norm', x)).chunk(2, -1)
        x = x + w.linear(f'{layer}.mlp.Wo', gelu(y) * gate)
    return w.norm('final_norm', x)


def modernbert_local_layers(config):
    if 'layer_types' in config:
        return [kind == 'sliding_attention' for kind in config['layer_types']]
    return [i % config['global_attn_every_n_layers'] > 0 for i in range(config['num_hidden_layers'])]
