"""The default model's distillation, step by step: `npm run distill -- STEP`; README.md tells the order."""

import argparse
import importlib
from pathlib import Path

STEPS = ('texts', 'teacher', 'train', 'export', 'evaluate', 'golden')


def main():
    parser = argparse.ArgumentParser(prog='npm run distill --', description=__doc__)
    parser.add_argument('step', choices=STEPS)
    parser.add_argument('--work', type=Path, default=Path('../distill'), help='folder of texts, embeddings, checkpoints')
    parser.add_argument('--sources', type=Path, help='unpacked packages (default: WORK/raw/x)')
    parser.add_argument('--reviews', type=Path, default=Path('../shared/data/movie-reviews.tsv.gz'))
    parser.add_argument('--teacher', type=Path, default=Path('../shared/models/all-MiniLM-L6-v2'))
    parser.add_argument('--seed', type=int, default=1)
    known, rest = parser.parse_known_args()
    known.sources = known.sources or known.work / 'raw' / 'x'
    module = importlib.import_module(known.step)
    if hasattr(module, 'add_arguments'):
        step = argparse.ArgumentParser(prog=f'npm run distill -- {known.step}')
        module.add_arguments(step)
        known = step.parse_args(rest, known)
    elif rest:
        parser.error(f'unknown: {" ".join(rest)}')
    module.run(known)


if __name__ == '__main__':
    main()
