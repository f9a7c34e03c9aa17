"""Step 5: the model card's figures, of a model directory through the package's own engine."""

import json
import subprocess
from pathlib import Path

import numpy as np

import corpus
import quality
from teacher import COMMAND


def add_arguments(parser):
    parser.add_argument('--model', type=Path, required=True)
    parser.add_argument('--dtype', default='int8')


def encode(args, name):
    out = args.work / f'evaluated_{name}.npy'
    out.unlink(missing_ok=True)
    command = ['node', COMMAND, 'encode', '--model', args.model, '--dtype', args.dtype, '--input',
               args.work / f'{name}.txt', '--output', out]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return np.load(out)


def probe(rows, labels, folds=5, strength=1.0):
    """Accuracy of a logistic regression, cross-validated; Newton's method on standardised embeddings."""
    rows = (rows - rows.mean(0)) / (rows.std(0) + 1e-9)
    rows = np.concatenate([rows, np.ones((len(rows), 1))], 1)
    fold = np.random.default_rng(1).integers(0, folds, len(rows))
    right = 0
    for k in range(folds):
        x, y = rows[fold != k], labels[fold != k]
        w = np.zeros(rows.shape[1])
        for _ in range(12):
            p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
            gradient = x.T @ (p - y) + strength * w
            hessian = (x * (p * (1 - p))[:, None]).T @ x + strength * np.eye(len(w))
            w -= np.linalg.solve(hessian, gradient)
        right += ((rows[fold == k] @ w > 0) == (labels[fold == k] > 0.5)).sum()
    return float(right / len(rows))


def run(args):
    figures = quality.compare(encode(args, 'held_glosses'), np.load(args.work / 'held_glosses.npy'))
    labels = np.array([float(line.split('\t', 1)[0]) for line in corpus.read_lines(args.work / 'held_reviews.tsv')])
    figures['probe'] = probe(np.asarray(encode(args, 'held_reviews'), np.float64), labels)
    figures['probe of the teacher'] = probe(np.asarray(np.load(args.work / 'held_reviews.npy'), np.float64), labels)
    figures['bytes'] = sum(f.stat().st_size for f in args.model.rglob('*') if f.is_file())
    print(json.dumps(figures, indent=2))
