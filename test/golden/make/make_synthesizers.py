"""Writes synthesizers.json: Synthesizers and parameter-free attention, by formulas in NumPy, float64."""

from pathlib import Path

import numpy
import torch

import paper_cases
from golden_io import write_json

HERE = Path(__file__).resolve().parent.parent
FAMILIES = [
    'paper_random',
    'paper_factorized_random',
    'paper_dense',
    'paper_factorized_dense',
    'paper_mixture',
    'paper_self_attention',
    'paper_attention',
    'paper_additive_attention',
]


def main():
    torch.set_num_threads(1)
    made_with = {'numpy': numpy.__version__, 'torch': torch.__version__.split('+')[0]}
    cases = {name: getattr(paper_cases, name)() for name in FAMILIES}
    write_json(HERE / 'synthesizers.json', {'made_with': made_with} | cases)


if __name__ == '__main__':
    main()
