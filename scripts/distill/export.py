"""Step 4: a checkpoint as a model directory of the package, architecture `synthesizer`, float32.

`npx synthetic-attention convert --model OUT --dtype int8 --output MODEL` makes the small one. Pieces of words that no
training text has are dropped from the vocabulary (single characters stay): the table of words is most of the file.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

import corpus

TYPES = {'dot': 'dot-product', 'random': 'random', 'factorized': 'factorized-random', 'dense': 'dense',
         'dense factors': 'factorized-dense'}


def add_arguments(parser):
    parser.add_argument('--checkpoint', required=True, help='its name in the work folder, without .pt')
    parser.add_argument('--output', required=True)
    parser.add_argument('--least', type=int, default=12, help='times that a piece must have been seen to stay')
    parser.add_argument('--longest', type=int, default=256)


def kept_pieces(args):
    """Ids of the teacher's vocabulary that stay, in order."""
    file = args.work / 'piece_counts.npy'
    if not file.exists():
        lines = corpus.read_lines(args.work / 'train.txt')
        ids, _ = corpus.tokenize(lines, args.teacher / 'tokenizer.json', 512)
        np.save(file, np.bincount(ids, minlength=30522))
    counts = np.load(file)
    names = vocabulary(args)
    special = {'[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'}
    alone = lambda name: len(name) == 1 or (name.startswith('##') and len(name) == 3)
    return [i for i, name in enumerate(names) if counts[i] >= args.least or name in special or alone(name)]


def vocabulary(args):
    tokenizer = json.loads((args.teacher / 'tokenizer.json').read_text('utf-8'))
    return sorted(tokenizer['model']['vocab'], key=tokenizer['model']['vocab'].get)


def tokenizer_json(args, kept):
    tokenizer = json.loads((args.teacher / 'tokenizer.json').read_text('utf-8'))
    names = vocabulary(args)
    ids = {names[old]: new for new, old in enumerate(kept)}
    tokenizer['model']['vocab'] = ids
    tokenizer['truncation'] = tokenizer['padding'] = None
    for token in tokenizer['added_tokens']:
        token['id'] = ids[token['content']]
    special = lambda name: {'SpecialToken': {'id': name, 'type_id': 0}}
    template = tokenizer['post_processor']
    # The separator comes first, where heads that see positions alone can find it.
    template['single'] = [special('[CLS]'), special('[SEP]'), {'Sequence': {'id': 'A', 'type_id': 0}}]
    template['pair'] = [*template['single'], {'Sequence': {'id': 'B', 'type_id': 1}}]
    for name, token in template['special_tokens'].items():
        token['ids'] = [ids[name]]
    return tokenizer


def tensors(student, kept, longest):
    out = {'embeddings.word_embeddings.weight': student['words.weight'][kept],
           'embeddings.position_embeddings.weight': student['positions.weight'][:longest],
           'embeddings.LayerNorm.weight': student['norm.weight'], 'embeddings.LayerNorm.bias': student['norm.bias']}
    parts = {'value': 'attention.value', 'out': 'attention.output.dense', 'attention_norm': 'attention.output.LayerNorm',
             'up': 'intermediate.dense', 'down': 'output.dense', 'output_norm': 'output.LayerNorm'}
    for name, tensor in student.items():
        if not name.startswith('layers.'):
            continue
        _, i, part, *rest = name.split('.')
        at = f'encoder.layer.{i}'
        if part in parts:
            out[f'{at}.{parts[part]}.{rest[0]}'] = tensor
    return out


def run(args):
    saved = torch.load(args.work / f'{args.checkpoint}.pt', map_location='cpu')
    student, plan = saved['student'], saved['plan']
    kept, longest = kept_pieces(args), args.longest
    out = tensors(student, kept, longest)
    attention = []
    for i, layer in enumerate(plan['layers']):
        groups = []
        for g, (kinds, heads) in enumerate(layer['groups']):
            own = {n.split(f'layers.{i}.groups.{g}.')[1]: t for n, t in student.items()
                   if n.startswith(f'layers.{i}.groups.{g}.')}
            at = f'encoder.layer.{i}.attention.groups.{g}'
            if len(kinds) > 1:
                out[f'{at}.mixing'] = own['mixing']
            scores = []
            for j, kind in enumerate(kinds):
                to = f'{at}.scores.{j}'
                entry = {'type': TYPES[kind]}
                if kind == 'dot':
                    for name in ('query', 'key'):
                        out[f'{to}.{name}.weight'], out[f'{to}.{name}.bias'] = own[f'{name}.weight'], own[f'{name}.bias']
                elif kind == 'random':
                    kernel = own['kernel'][:, :longest, :longest]
                    # A softmax does not see what a row has in common; around 0 its 8 bits are spent best.
                    least = -16 * len(kinds)
                    out[f'{to}.kernel'] = (kernel - kernel.amax(-1, keepdim=True)).clamp(min=least) - least / 2
                elif kind == 'factorized':
                    out[f'{to}.left'], out[f'{to}.right'] = own['left'][:, :longest], own['right'][:, :longest]
                    entry['rank'] = own['left'].shape[-1]
                elif kind == 'dense factors':
                    tile = plan['sizes'].get('tile', 16)
                    entry['hidden_dim'], entry['tile'] = own['factors'].shape[1], tile
                    out[f'{to}.hidden.weight'], out[f'{to}.hidden.bias'] = own['factors_hidden.weight'], own['factors_hidden.bias']
                    # A shorter table of positions has fewer factors B.
                    kept_factors = tile + longest // tile
                    out[f'{to}.output'] = own['factors'][..., :kept_factors]
                    out[f'{to}.output_bias'] = own['factors_bias'][:, :kept_factors]
                else:
                    entry['hidden_dim'] = own['output'].shape[1]
                    out[f'{to}.hidden.weight'], out[f'{to}.hidden.bias'] = own['hidden.weight'], own['hidden.bias']
                    out[f'{to}.output'], out[f'{to}.output_bias'] = own['output'][..., :longest], own['output_bias'][:, :longest]
                scores.append(entry)
            groups.append({'heads': heads, 'scores': scores})
        attention.append({'groups': groups})
    config = {'model_type': 'synthesizer', 'hidden_size': plan['hidden'], 'num_hidden_layers': len(plan['layers']),
              'num_attention_heads': plan['heads'], 'intermediate_size': plan['layers'][0]['inner'], 'hidden_act': 'gelu',
              'layer_norm_eps': 1e-12, 'max_position_embeddings': longest, 'vocab_size': len(kept), 'attention': attention}
    write(args, config, out, tokenizer_json(args, kept))
    print(f'{len(kept)} pieces of words, {sum(t.numel() for t in out.values())} parameters')


def write(args, config, out, tokenizer):
    to = Path(args.output)
    (to / '1_Pooling').mkdir(parents=True, exist_ok=True)
    save_file({n: t.float().contiguous() for n, t in out.items()}, str(to / 'model.safetensors'))
    (to / 'config.json').write_text(json.dumps(config, indent=2) + '\n')
    (to / 'tokenizer.json').write_text(json.dumps(tokenizer, ensure_ascii=False))
    files = {
        'sentence_bert_config.json': {'max_seq_length': args.longest, 'do_lower_case': False},
        'tokenizer_config.json': {'tokenizer_class': 'BertTokenizer', 'do_lower_case': True, 'model_max_length': args.longest},
        '1_Pooling/config.json': {'word_embedding_dimension': config['hidden_size'], 'pooling_mode_mean_tokens': True},
        'modules.json': [{'idx': i, 'name': str(i), 'path': path, 'type': f'sentence_transformers.models.{kind}'}
                         for i, (path, kind) in enumerate((('', 'Transformer'), ('1_Pooling', 'Pooling'), ('2_Normalize', 'Normalize')))],
    }
    for name, content in files.items():
        (to / name).write_text(json.dumps(content, indent=2) + '\n')
