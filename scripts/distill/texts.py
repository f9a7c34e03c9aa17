"""Step 1: texts to train on, and texts held out: by hash, so that they are the same whatever else is there.

Writes train.txt (a text a line, shuffled), train_kinds.txt, held_glosses.txt (4,000 whole WordNet glosses) and
held_reviews.tsv (label, text). No training text shares a definition, or six words in a row where it comes from
another source, with a held-out gloss.
"""

import collections
import hashlib
import random
import re

import sources

HELD_GLOSSES = 4000
# Most texts of a kind: what the figures are taken on counts most, the rest makes the model general.
MOST = {
    'gloss': 200000, 'definition': 25000, 'example': 60000, 'lemmas': 30000, 'question': 12000,
    'review sentence': 190000, 'review part': 40000, 'review': 7000,
    'gcide': 90000, 'computing': 20000, 'prose': 60000, 'manual': 70000, 'title': 40000,
}
WORDS = re.compile(r'\w+')


def bucket(text, buckets):
    return int.from_bytes(hashlib.sha1(text.lower().encode()).digest()[:4], 'big') % buckets


def words(text):
    return WORDS.findall(text.lower())


def shingles(text, n=6):
    found = words(text)
    return {tuple(found[i:i + n]) for i in range(max(1, len(found) - n + 1))}


def wordnet_texts(root, rng):
    """(held-out glosses, pairs to train on)."""
    synsets = list(sources.wordnet(root))
    held = [g for g, _, _ in synsets if bucket(g, 28) == 0]
    held = sorted(set(held), key=lambda g: hashlib.sha1(g.encode()).digest())[:HELD_GLOSSES]
    held_set = set(held)
    closed = {tuple(words(sources.split_gloss(g)[0])) for g in held}
    pairs = []
    for gloss, lemmas, part in synsets:
        definition, examples = sources.split_gloss(gloss)
        if gloss in held_set or tuple(words(definition)) in closed:
            continue
        pairs.append(('gloss', gloss))
        if examples and rng.random() < 0.7:
            pairs.append(('definition', definition))
        pairs += [('example', e) for e in examples]
        pairs.append(('lemmas', ', '.join(lemmas)))
        if part == 'noun' and rng.random() < 0.1:
            pairs.append(('question', rng.choice(['what is {}?', 'What does "{}" mean?', '{} definition',
                                                  'where can I find {}?']).format(lemmas[0])))
        if part == 'verb' and rng.random() < 0.4:
            pairs.append(('question', rng.choice(['how to {}', 'How do I {}?', 'why do people {}?'])
                          .format(lemmas[0])))
    return held, pairs


def review_texts(path, rng):
    held, pairs = [], []
    for label, source, text in sources.reviews(path):
        if bucket(text, 5) == 0:
            held.append((label, text))
            continue
        parts = sources.sentences(text)
        pairs += [('review sentence', s) for s in parts]
        if source == 'imdb' and len(parts) > 3:
            i = rng.randrange(len(parts) - 1)
            pairs.append(('review part', ' '.join(parts[i:i + rng.randint(2, 4)])))
            i = rng.randrange(len(parts) - 1)
            pairs.append(('review part', ' '.join(parts[i:i + rng.randint(2, 6)])))
            pairs.append(('review', text))
    return held, pairs


def run(args):
    rng = random.Random(args.seed)
    held, pairs = wordnet_texts(args.sources, rng)
    held_reviews, review_pairs = review_texts(args.reviews, rng)
    closed = set().union(*(shingles(sources.split_gloss(g)[0]) for g in held))
    others = [pair for source in sources.OTHERS for pair in source(args.sources)]
    others = [(k, t) for k, t in others if not (shingles(t) & closed)]
    by_kind = collections.defaultdict(list)
    seen = set(held)
    for kind, text in pairs + review_pairs + others:
        # Tables, code and other languages teach nothing; two letters at least.
        letters = sum(c.isascii() and (c.isalpha() or c == ' ') for c in text)
        if text in seen or not 3 <= len(text) <= 2000 or letters < 0.75 * len(text):
            continue
        seen.add(text)
        by_kind[kind].append(text)
    chosen = []
    for kind, texts in by_kind.items():
        rng.shuffle(texts)
        chosen += [(kind, t) for t in texts[:MOST[kind]]]
        print(f'{kind}: {len(texts)} texts, {min(len(texts), MOST[kind])} taken')
    rng.shuffle(chosen)
    work = args.work
    work.mkdir(parents=True, exist_ok=True)
    (work / 'train.txt').write_text(''.join(t + '\n' for _, t in chosen))
    (work / 'train_kinds.txt').write_text(''.join(k + '\n' for k, _ in chosen))
    (work / 'held_glosses.txt').write_text(''.join(g + '\n' for g in held))
    (work / 'held_reviews.tsv').write_text(''.join(f'{label}\t{text}\n' for label, text in held_reviews))
    print(f'{len(chosen)} texts to train on, {len(held)} glosses and {len(held_reviews)} reviews held out')
