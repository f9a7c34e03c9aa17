"""Step 3: trains a student by a plan of plans.py. Can be stopped at any time: the same command goes on."""

import json
import time

import numpy as np
import torch
import torch.nn.functional as F

import corpus
import quality
import teacher
from build import build, build_teacher
from plans import PLANS, work_of
from student import pooled

LONGEST = 256


def add_arguments(parser):
    parser.add_argument('--plan', default='R, 5 dot, 1024', choices=PLANS)
    parser.add_argument('--name', help='of the checkpoint (default: the plan)')
    parser.add_argument('--texts', type=int, default=1 << 30)
    parser.add_argument('--minutes', type=float, default=4, help='length of the schedule, in minutes of training')
    parser.add_argument('--shares', default='', help='of kinds of text in an epoch, as "review sentence=0.5, gloss=2, *=0"')
    parser.add_argument('--budget', type=int, help='length of the schedule in texts, instead: the same on any machine')
    parser.add_argument('--tokens', type=int, default=6144, help='a step')
    parser.add_argument('--groups', type=int, default=6, help='lengths in a step')
    parser.add_argument('--rate', type=float, default=4e-4)
    parser.add_argument('--score-rate', type=float, default=10.0, help='factor for tables of scores')
    parser.add_argument('--near', type=float, default=0.3, help='weight of the loss over near texts of a step')
    parser.add_argument('--matrix', type=float, default=20.0, help='weight of the loss over all pairs of a step')
    parser.add_argument('--temperature', type=float, default=0.05)
    parser.add_argument('--bank', type=int, default=0, help='other texts whose embeddings a step is compared with, too')
    parser.add_argument('--bank-matrix', type=float, default=0, help='weight of the loss over all pairs with those')
    parser.add_argument('--states', type=float, default=0, help='weight of the loss over the last states of tokens')
    parser.add_argument('--states-part', type=float, default=1, help='share of the schedule that has it; it falls to zero')
    parser.add_argument('--longest', type=int, default=128, help='ids of a text in training')
    parser.add_argument('--threads', type=int, default=2)


def loss_of(student, target, args):
    """Cosine, all pairs of the step, and which are near: KL between softmaxes of similarities."""
    cosine = 1 - (student * target).sum(1).mean()
    ours, theirs = student @ student.T, target @ target.T
    off = ~torch.eye(len(ours), dtype=torch.bool)
    matrix = ((ours - theirs)[off] ** 2).mean()
    hide = torch.zeros_like(ours).fill_diagonal_(-1e4)
    near = F.kl_div(F.log_softmax(ours / args.temperature + hide, 1), F.log_softmax(theirs / args.temperature + hide, 1),
                    reduction='batchmean', log_target=True)
    return cosine + args.matrix * matrix + args.near * near, cosine.detach(), near.detach()


def bank_loss(student, target, bank, args):
    """As for the pairs of the step, against the teacher's embeddings of many other texts."""
    theirs, ours = target @ bank.T, student @ bank.T
    near = F.kl_div(F.log_softmax(ours / args.temperature, 1), F.log_softmax(theirs / args.temperature, 1),
                    reduction='batchmean', log_target=True)
    return args.near * near + args.bank_matrix * (ours - theirs).square().mean()


def read_shares(text):
    return {kind.strip(): float(share) for kind, share in (part.split('=') for part in text.split(',') if part.strip())}


def load_attention(args):
    file = args.work / 'attention.pt'
    if not file.exists():
        lines = corpus.read_lines(args.work / 'train.txt', 200000)
        long = sorted(lines[:60000], key=len)[::-20][:1000]
        chosen = lines[:4000] + long
        ids, offsets = corpus.tokenize(chosen, args.teacher / 'tokenizer.json', LONGEST)
        torch.save(teacher.attention_by_position(args.teacher, ids, offsets, LONGEST, len(chosen)), file)
    return torch.load(file)


def load_corpus(args, name, most, longest):
    lines = corpus.read_lines(args.work / f'{name}.txt', most)
    embeddings = np.load(args.work / f'{name}.npy', mmap_mode='r')[:len(lines)]
    return corpus.Corpus(lines[:len(embeddings)], embeddings, args.teacher / 'tokenizer.json', longest)


@torch.no_grad()
def embed(student, texts):
    student.eval()
    out = np.zeros((len(texts.lengths), student.plan['hidden']), dtype=np.float32)
    order = np.argsort(texts.lengths, kind='stable')
    for length in np.unique(texts.lengths):
        own = order[texts.lengths[order] == length]
        for i in range(0, len(own), 128):
            with torch.autocast('cpu', torch.bfloat16):
                out[own[i:i + 128]] = student([texts.rows(own[i:i + 128])]).float().numpy()
    student.train()
    return out


def part_of(state, args):
    """How much of the schedule is over."""
    return min(1.0, state['texts'] / args.budget if args.budget else state['minutes'] / args.minutes)


def parameter_groups(student, args):
    tables = [p for n, p in student.named_parameters() if n.endswith(('kernel', 'left', 'right', 'mixing'))]
    ids = {id(p) for p in tables}
    others = [p for p in student.parameters() if id(p) not in ids]
    return [{'params': others, 'factor': 1.0}, {'params': tables, 'factor': args.score_rate}]


def run(args):
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    name = args.name or args.plan.replace(' ', '').replace(',', '_').replace('+', 'x')
    file = args.work / f'{name}.pt'
    held = load_corpus(args, 'held_glosses', None, LONGEST)
    student = build(PLANS[args.plan], args.teacher, load_attention(args))
    optimizer = torch.optim.AdamW(parameter_groups(student, args), lr=args.rate, weight_decay=0.01, betas=(0.9, 0.98), fused=True)
    state = {'minutes': 0.0, 'step': 0, 'texts': 0, 'epoch': 0}
    before = quality.compare(embed(student, held), held.embeddings)
    print(f'{args.plan}: work {work_of(args.plan):.3f} of the teacher; before training {show(before)}', flush=True)
    if file.exists():
        saved = torch.load(file)
        student.load_state_dict(saved['student'])
        optimizer.load_state_dict(saved['optimizer'])
        state = saved['state']
        print(f'goes on at step {state["step"]}, minute {state["minutes"]:.1f}', flush=True)
    texts = load_corpus(args, 'train', args.texts, args.longest)
    whole = build_teacher(args.teacher) if args.states else None
    kinds = np.array(corpus.read_lines(args.work / 'train_kinds.txt', len(texts.lengths)))
    begun, saved_at = time.time(), time.time()
    earlier = state['minutes']
    sums, shown = [0, 0], time.time()
    done = part_of(state, args) >= 1
    while not done:
        rng = np.random.default_rng((args.seed, state['epoch']))
        chosen = corpus.drawn(kinds, read_shares(args.shares), rng)
        for groups in corpus.epoch(texts, chosen, rng, args.tokens, args.groups):
            state['minutes'] = earlier + (time.time() - begun) / 60
            part = part_of(state, args)
            factor = min(1, (state['step'] + 1) / 200) * (1 - part)
            for group in optimizer.param_groups:
                group['lr'] = args.rate * group['factor'] * factor
            ids = [texts.rows(g) for g in groups]
            with torch.autocast('cpu', torch.bfloat16):
                states = student.states(ids)
            ours = pooled(states, ids)
            target = F.normalize(torch.cat([texts.targets(g) for g in groups]), dim=-1)
            loss, cosine, near = loss_of(ours, target, args)
            if args.bank:
                # Neighbours in the file, which is shuffled: they are read at once.
                first = rng.integers(0, len(texts.lengths) - args.bank)
                bank = torch.from_numpy(np.array(texts.embeddings[first:first + args.bank], dtype=np.float32))
                loss = loss + bank_loss(ours, target, F.normalize(bank, dim=-1), args)
            if args.states and part < args.states_part:
                with torch.no_grad(), torch.autocast('cpu', torch.bfloat16):
                    wanted = whole.states(ids).float()
                distance = (states.float() - wanted).square().sum(1) / wanted.square().sum(1).mean()
                loss = loss + args.states * (1 - part / args.states_part) * distance.mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
            optimizer.step()
            state['step'] += 1
            state['texts'] += len(target)
            sums = [sums[0] + float(cosine), sums[1] + 1]
            if time.time() - shown > 30:
                print(f'{state["minutes"]:6.1f} min, step {state["step"]}, {state["texts"]} texts, cosine '
                      f'{1 - sums[0] / sums[1]:.4f}, near {float(near):.3f}', flush=True)
                sums, shown = [0, 0], time.time()
            if time.time() - saved_at > 240:
                save(file, student, optimizer, state)
                saved_at = time.time()
            if part >= 1:
                done = True
                break
        else:
            state['epoch'] += 1
    save(file, student, optimizer, state)
    figures = quality.compare(embed(student, held), held.embeddings)
    print(f'{args.plan}: {show(figures)}', flush=True)
    row = {'plan': args.plan, 'work': round(work_of(args.plan), 3), 'texts': state['texts'],
           'minutes': round(state['minutes'], 1), **{k: round(v, 4) for k, v in figures.items()}}
    with open(args.work / 'trials.jsonl', 'a', encoding='utf-8') as out:
        out.write(json.dumps({**row, 'options': {k: v for k, v in vars(args).items() if isinstance(v, (int, float))}}) + '\n')


def show(figures):
    return ', '.join(f'{k} {v:.3f}' for k, v in figures.items())


def save(file, student, optimizer, state):
    part = file.with_suffix('.part')
    torch.save({'plan': student.plan, 'student': student.state_dict(), 'optimizer': optimizer.state_dict(),
                'state': state}, part)
    part.replace(file)
