"""Step 6: what the student computes in float32 and PyTorch, for the package's test of the model that it brings."""

import json
from pathlib import Path

import torch

import corpus
from student import Student

TEXTS = ['a cat sat on the mat', 'The bank lends money at a lower rate this year.', 'x',
         'a small domesticated carnivorous mammal with soft fur, kept as a pet or for catching mice',
         'Restart the server so that the new settings take effect.', 'What does "functional genomics" mean?',
         'Dull, dull, dull: I left before the end, and so did half of the audience.',
         'It rained for three days and three nights; then the river rose, and the people of the valley took what they '
         'could carry and went up to the church on the hill, where they stayed until the water fell again.']


def add_arguments(parser):
    parser.add_argument('--checkpoint', required=True)
    parser.add_argument('--output', type=Path, default=Path('test/golden/synthesizer_mini.json'))


@torch.no_grad()
def run(args):
    saved = torch.load(args.work / f'{args.checkpoint}.pt', map_location='cpu')
    student = Student(saved['plan'])
    student.load_state_dict(saved['student'])
    student.eval()
    ids, offsets = corpus.tokenize(TEXTS, args.teacher / 'tokenizer.json', 256)
    rows = [torch.from_numpy(ids[a:b].astype('int64'))[None] for a, b in zip(offsets, offsets[1:])]
    embeddings = [[round(x, 5) for x in student([row])[0].tolist()] for row in rows]
    args.output.write_text(json.dumps([{'text': t, 'embedding': e} for t, e in zip(TEXTS, embeddings)]) + '\n')
