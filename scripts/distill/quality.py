"""How near a student's embeddings stand to the teacher's: what the model card promises."""

import numpy as np


def ranks(values):
    order = np.argsort(values, kind='stable')
    result = np.empty(len(values))
    result[order] = np.arange(len(values))
    return result


def spearman(a, b):
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def unit(rows):
    rows = np.asarray(rows, dtype=np.float64)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def compare(student, teacher, pairs=200000, seed=1, k=10):
    """Spearman over random pairs and over the 5 % that the teacher finds nearest, recall@10, mean cosine."""
    student, teacher = unit(student), unit(teacher)
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, len(teacher), (2, pairs))
    a, b = a[a != b], b[a != b]
    of = lambda rows: (rows[a] * rows[b]).sum(1)
    ours, theirs = of(student), of(teacher)
    near = theirs >= np.quantile(theirs, 0.95)
    return {
        'all': spearman(ours, theirs),
        'near': spearman(ours[near], theirs[near]),
        'recall': recall(student, teacher, k),
        'cosine': float((student * teacher).sum(1).mean()),
    }


def recall(student, teacher, k):
    """Share of the teacher's k nearest among the student's k nearest, each text asked against all others."""
    def nearest(rows):
        similarity = rows @ rows.T
        np.fill_diagonal(similarity, -2)
        return np.argpartition(-similarity, k, axis=1)[:, :k]
    both = zip(nearest(student), nearest(teacher))
    return float(np.mean([len(set(x) & set(y)) / k for x, y in both]))
