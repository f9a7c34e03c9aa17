"""A student by its plan, with the teacher's weights in it."""

import torch

import teacher
from student import Student, Teacher


def static_heads(variation, dot):
    """Order of a layer's heads: first those that become static, then the `dot` that vary most."""
    order = torch.argsort(variation)
    return order[:len(order) - dot], order[len(order) - dot:]


@torch.no_grad()
def build(plan, directory, attention, importance=None, longest=256):
    """`attention`: what teacher.attention_by_position gives; `importance` of inner columns [layers, 1536] or None."""
    means, variation = attention
    own = teacher.weights(directory)
    words = own['embeddings.word_embeddings.weight']
    hidden, heads = words.shape[1], means.shape[1]
    size = hidden // heads
    layers, orders = [], []
    for i, dot in zip(plan['from'], plan['dot']):
        still, moving = static_heads(variation[i], dot)
        orders.append(torch.cat([still, moving]))
        groups = [(tuple(kinds), len(part)) for kinds, part in ((plan['kinds'], still), (plan['dot_kinds'], moving))
                  if len(part)]
        layers.append({'groups': groups, 'inner': plan['inner']})
    student = Student({'hidden': hidden, 'heads': heads, 'longest': longest, 'vocabulary': words.shape[0],
                       'layers': layers, 'sizes': plan['sizes']})
    student.words.weight.copy_(words)
    # The text stands one place further on; the separator takes the place that the shortest texts have for it.
    places = own['embeddings.position_embeddings.weight']
    student.positions.weight[0] = places[0]
    student.positions.weight[1] = places[8:40].mean(0)
    student.positions.weight[2:] = places[1:longest - 1]
    student.positions.weight += own['embeddings.token_type_embeddings.weight'][0]
    copy_norm(student.norm, own, 'embeddings.LayerNorm')
    for layer, i, order in zip(student.layers, plan['from'], orders):
        at = f'encoder.layer.{i}'
        rows = (order[:, None] * size + torch.arange(size)).flatten()
        copy(layer.value, own, f'{at}.attention.self.value', rows=rows)
        copy(layer.out, own, f'{at}.attention.output.dense', columns=rows)
        copy_norm(layer.attention_norm, own, f'{at}.attention.output.LayerNorm')
        copy_norm(layer.output_norm, own, f'{at}.output.LayerNorm')
        kept = slice(None)
        if plan['inner'] < own[f'{at}.intermediate.dense.weight'].shape[0]:
            worth = importance[i] if importance is not None else own[f'{at}.output.dense.weight'].norm(dim=0)
            kept = torch.sort(torch.argsort(worth, descending=True)[:plan['inner']]).values
        copy(layer.up, own, f'{at}.intermediate.dense', rows=kept)
        copy(layer.down, own, f'{at}.output.dense', columns=kept)
        first = 0
        for scores in layer.groups:
            part = order[first:first + scores.heads]
            first += scores.heads
            rows = (part[:, None] * size + torch.arange(size)).flatten()
            # A mixture starts as its first kind alone: the shares are equal, so that one is as many times larger.
            times = len(scores.kinds)
            if 'dot' in scores.kinds:
                copy(scores.query, own, f'{at}.attention.self.query', rows=rows)
                copy(scores.key, own, f'{at}.attention.self.key', rows=rows)
                scores.query.weight *= times
                scores.query.bias *= times
            elif 'random' in scores.kinds:
                scores.kernel.copy_(means[i][part] * times)
            if scores.kinds == ('factorized',):
                u, s, v = torch.svd_lowrank(means[i][part], q=scores.left.shape[-1], niter=4)
                scores.left.copy_(u * s.sqrt()[:, None])
                scores.right.copy_(v * s.sqrt()[:, None])
            if scores.kinds == ('dense',):
                # Starts as the mean over the rows of a text of average length.
                scores.output_bias.copy_(means[i][part][:, 2:24].mean(1))
    return student


@torch.no_grad()
def build_teacher(directory):
    """The teacher whole, in float32; it learns nothing."""
    own = teacher.weights(directory)
    hidden = own['embeddings.word_embeddings.weight'].shape[1]
    longest = len(own['embeddings.position_embeddings.weight'])
    result = Teacher({'hidden': hidden, 'heads': 12, 'longest': longest,
                      'vocabulary': len(own['embeddings.word_embeddings.weight']),
                      'layers': [{'groups': [(('dot',), 12)], 'inner': 1536}] * 6})
    result.words.weight.copy_(own['embeddings.word_embeddings.weight'])
    result.positions.weight.copy_(own['embeddings.position_embeddings.weight'] + own['embeddings.token_type_embeddings.weight'][0])
    copy_norm(result.norm, own, 'embeddings.LayerNorm')
    for i, layer in enumerate(result.layers):
        at = f'encoder.layer.{i}'
        for to, name in ((layer.groups[0].query, 'attention.self.query'), (layer.groups[0].key, 'attention.self.key'),
                         (layer.value, 'attention.self.value'), (layer.out, 'attention.output.dense'),
                         (layer.up, 'intermediate.dense'), (layer.down, 'output.dense')):
            copy(to, own, f'{at}.{name}')
        copy_norm(layer.attention_norm, own, f'{at}.attention.output.LayerNorm')
        copy_norm(layer.output_norm, own, f'{at}.output.LayerNorm')
    return result.requires_grad_(False).eval()


def copy(to, own, name, rows=slice(None), columns=slice(None)):
    to.weight.copy_(own[f'{name}.weight'][rows][:, columns])
    bias = own[f'{name}.bias']
    to.bias.copy_(bias[rows] if to.bias.shape != bias.shape or not isinstance(rows, slice) else bias)


def copy_norm(to, own, name):
    to.weight.copy_(own[f'{name}.weight'])
    to.bias.copy_(own[f'{name}.bias'])
