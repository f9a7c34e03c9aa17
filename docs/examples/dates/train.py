"""Trains the model of this example in PyTorch and writes it as `EncoderDecoder.load` reads it.

    python -m venv venv && venv/bin/pip install torch safetensors numpy
    venv/bin/python docs/examples/dates/train.py

Dates as people write them, character by character, become YYYY-MM-DD. The encoder has dot-product attention, the
decoder's own attention is a random Synthesizer (what stands where is all it needs to know), and cross-attention finds
the digits. Weights are kept under this package's names and in its shapes, so that nothing has to be converted.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

HERE = Path(__file__).resolve().parent
CHARACTERS = ' .,-/0123456789abcdefghijklmnopqrstuvwxyz'
PAD, START = 0, 1
VOCABULARY = ['<pad>', '<start>', *CHARACTERS]
IDS = {character: i for i, character in enumerate(VOCABULARY)}
SOURCE, TARGET = 32, 10
D, HEADS, SIZE, HIDDEN = 32, 4, 8, 64
MONTHS = 'january february march april may june july august september october november december'.split()
DAYS = 'monday tuesday wednesday thursday friday saturday sunday'.split()


def ordinal(day):
    return f'{day}{ {1: "st", 2: "nd", 3: "rd"}.get(day % 10 if day not in (11, 12, 13) else 0, "th") }'


def example(rng):
    date = np.datetime64('1950-01-01') + int(rng.integers(0, 36525))
    year, month, day = (int(part) for part in str(date).split('-'))
    name = MONTHS[month - 1]
    if rng.random() < 0.4:
        name = name[:3]
    weekday = DAYS[(date.astype(int) + 3) % 7]
    forms = [
        f'{day} {name} {year}',
        f'{name} {day}, {year}',
        f'{ordinal(day)} of {name} {year}',
        f'{name} {ordinal(day)} {year}',
        f'{day}.{month}.{year}',
        f'{weekday}, {day} {name} {year}',
        f'{weekday[:3]} {name} {day} {year}',
        f'{year}/{month}/{day}',
        f'{year}, {name} {day}',
    ]
    return forms[rng.integers(len(forms))], str(date)


def batch(rng, size):
    source = torch.zeros(size, SOURCE, dtype=torch.long)
    target = torch.zeros(size, TARGET, dtype=torch.long)
    for i in range(size):
        text, date = example(rng)
        source[i, : len(text)] = torch.tensor([IDS[c] for c in text])
        target[i] = torch.tensor([IDS[c] for c in date])
    return source, target


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.ParameterDict()
        for name, table in (('source', len(VOCABULARY)), ('target', len(VOCABULARY))):
            self.add(f'{name}/tokens', torch.randn(table, D) * 0.3)
        self.add('source/positions', torch.randn(SOURCE, D) * 0.3)
        self.add('target/positions', torch.randn(TARGET, D) * 0.3)
        for layer in ('encoder_0', 'encoder_1', 'decoder_0'):
            self.attention(f'{layer}/self_attention', dot=layer != 'decoder_0')
            self.norm(f'{layer}/self_attention_layer_norm')
            if layer == 'decoder_0':
                self.attention(f'{layer}/cross_attention', dot=True)
                self.norm(f'{layer}/cross_attention_layer_norm')
            self.affine(f'{layer}/feedforward_intermediate_dense', (D, HIDDEN), (HIDDEN,))
            self.affine(f'{layer}/feedforward_output_dense', (HIDDEN, D), (D,))
            self.norm(f'{layer}/feedforward_layer_norm')
        self.affine('output', (D, len(VOCABULARY)), (len(VOCABULARY),))

    def add(self, name, value):
        self.w[name.replace('/', ':')] = nn.Parameter(value)

    def get(self, name):
        return self.w[name.replace('/', ':')]

    def affine(self, name, kernel, bias):
        fan = int(np.prod(kernel)) ** 0.5
        self.add(f'{name}/kernel', torch.randn(*kernel) / fan**0.5)
        self.add(f'{name}/bias', torch.zeros(*bias))

    def norm(self, name):
        self.add(f'{name}/gamma', torch.ones(D))
        self.add(f'{name}/beta', torch.zeros(D))

    def attention(self, name, dot):
        if dot:
            self.affine(f'{name}/query', (D, HEADS, SIZE), (HEADS, SIZE))
            self.affine(f'{name}/key', (D, HEADS, SIZE), (HEADS, SIZE))
        else:
            self.add(f'{name}/random/kernel', torch.randn(HEADS, TARGET, TARGET) * 0.1)
        self.affine(f'{name}/value', (D, HEADS, SIZE), (HEADS, SIZE))
        self.affine(f'{name}/attention_output', (HEADS, SIZE, D), (D,))

    def heads(self, name, x):
        return torch.einsum('btd,dhk->bhtk', x, self.get(f'{name}/kernel')) + self.get(f'{name}/bias')[:, None]

    def attend(self, name, x, y, mask):
        if f'{name}/random/kernel'.replace('/', ':') in self.w:
            logits = self.get(f'{name}/random/kernel')[None, :, : x.shape[1], : y.shape[1]]
        else:
            logits = self.heads(f'{name}/query', x) @ self.heads(f'{name}/key', y).transpose(-1, -2) / SIZE**0.5
        weights = logits.masked_fill(~mask, -1e9).softmax(-1)
        out = torch.einsum('bhtk,hkd->btd', weights @ self.heads(f'{name}/value', y), self.get(f'{name}/attention_output/kernel'))
        return out + self.get(f'{name}/attention_output/bias')

    def normalize(self, name, x):
        return functional.layer_norm(x, (D,), self.get(f'{name}/gamma'), self.get(f'{name}/beta'), 1e-5)

    def feed_forward(self, layer, x):
        up = f'{layer}/feedforward_intermediate_dense'
        down = f'{layer}/feedforward_output_dense'
        hidden = torch.relu(x @ self.get(f'{up}/kernel') + self.get(f'{up}/bias'))
        y = hidden @ self.get(f'{down}/kernel') + self.get(f'{down}/bias')
        return self.normalize(f'{layer}/feedforward_layer_norm', x + y)

    def forward(self, source, target):
        mask = (source != PAD)[:, None, None, :]
        x = self.get('source/tokens')[source] + self.get('source/positions')
        for layer in ('encoder_0', 'encoder_1'):
            attended = self.attend(f'{layer}/self_attention', x, x, mask)
            x = self.feed_forward(layer, self.normalize(f'{layer}/self_attention_layer_norm', x + attended))
        y = self.get('target/tokens')[target] + self.get('target/positions')
        causal = torch.ones(TARGET, TARGET, dtype=torch.bool).tril()
        y = self.normalize(
            'decoder_0/self_attention_layer_norm', y + self.attend('decoder_0/self_attention', y, y, causal)
        )
        y = self.normalize(
            'decoder_0/cross_attention_layer_norm', y + self.attend('decoder_0/cross_attention', y, x, mask)
        )
        return self.feed_forward('decoder_0', y) @ self.get('output/kernel') + self.get('output/bias')


def shifted(target):
    return torch.cat([torch.full((len(target), 1), START), target[:, :-1]], 1)


def config():
    dot = {'className': 'MultiHeadAttention', 'config': {'numHeads': HEADS, 'keyDim': SIZE}}
    synthetic = {
        'className': 'RandomSynthesizer',
        'config': {'numHeads': HEADS, 'valueDim': SIZE, 'maxLength': TARGET},
    }
    encoder = {'className': 'TransformerEncoderLayer', 'config': {'attention': dot, 'intermediateDim': HIDDEN}}
    decoder = {
        'className': 'TransformerDecoderLayer',
        'config': {'attention': synthetic, 'crossAttention': dot, 'intermediateDim': HIDDEN},
    }
    return {
        'className': 'EncoderDecoder',
        'config': {'name': 'dates', 'encoder': [encoder, encoder], 'decoder': [decoder]},
        'build': {'queryShape': [SOURCE, D], 'valueShape': [TARGET, D], 'keyShape': [TARGET, D]},
    }


def write(model):
    tensors = {name.replace(':', '/'): value.detach().contiguous() for name, value in model.w.items()}
    layers = {name: value for name, value in tensors.items() if name.startswith(('encoder', 'decoder'))}
    rest = {name: value for name, value in tensors.items() if name not in layers}
    folder = HERE / 'model'
    folder.mkdir(exist_ok=True)
    save_file(layers, folder / 'model.safetensors')
    save_file(rest, folder / 'tables.safetensors')
    (folder / 'config.json').write_text(json.dumps(config(), indent=2) + '\n')
    (folder / 'vocabulary.json').write_text(json.dumps(VOCABULARY) + '\n')


def main():
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    model = Model()
    steps = 4000
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=steps)
    pool = [batch(rng, 256) for _ in range(400)]
    for step in range(steps):
        source, target = pool[step % len(pool)]
        loss = functional.cross_entropy(model(source, shifted(target)).transpose(1, 2), target)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 250 == 0 or step == steps - 1:
            print(f'step {step}: loss {loss.item():.4f}', flush=True)
    source, target = batch(np.random.default_rng(1), 2000)
    with torch.no_grad():
        right = (model(source, shifted(target)).argmax(-1) == target).all(1).float().mean()
    print(f'{100 * right:.1f} % of 2,000 new dates right')
    write(model)


if __name__ == '__main__':
    main()
