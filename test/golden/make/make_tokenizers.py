"""Writes tokenizers.json: ids that the library `tokenizers` gives for awkward texts.

By every tokenizer of encoders/, and by small ones that are made here to have each part of tokenizer.json. Texts
are drawn from a frozen stream: words, added tokens, white space of all kinds, characters that some rule is about.
"""

import base64
import json
import random
from collections import Counter
from math import log
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

from golden_io import write_json

HERE = Path(__file__).resolve().parent.parent
ENCODERS = HERE / 'encoders'
TEXTS = 40
random_state = random.Random(20)

SENTENCES = [
    'the cat sat on the warm stone and watched the river, half awake between rain and wind',
    "the quick brown fox jumps over the lazy dog 123 4567 don't we'll I'm they've",
    'Größe naïve façade ÀÉÎ ﬁn Ⅷ ½ µ x=1+2;y==3',
    '東京 タワー 日本語 한국어 텍스트 σας ΣΑΣ дом',
]
WORDS = ' '.join(SENTENCES).split()
# Code points that a rule of some normalizer, pre-tokenizer or grapheme is about.
POINTS = (
    '00 01 09 0a 0b 0c 0d 1b 20 85 a0 ad b2 bd 300 301 327 345 3a3 3c2 5b0 64b 93f e33 1100 1161 11a8 ac00 '
    '1e9e 130 131 1680 180e 200b 200c 200d 200e 2018 2019 2028 2029 202f 2060 2160 2460 2581 2e48 3000 3001 '
    '3099 304b 4e00 9fff fb01 fdfa fe0f feff ff01 ff21 ff5e ff76 ff9e fffd 1ac0 8e2 1d400 1f1e6 1f1e7 1f3fd '
    '1f44d 1f468 20000 2b740 2ebf0 30000 e0001 f0000 10ffff'
)
CHARACTERS = [chr(int(point, 16)) for point in POINTS.split()] + list('aZ09 .,\'"-_<>[]`$%')
BITS = (
    '[SEP] [CLS] <s> </s> <mask> sea New_Road new_road <L> <R> <B> ROAD ① __ ____ _the_sea '
    "'s 'll ... '' `` 👩‍👩‍👧 🇩🇪"
)
BITS = [bit.replace('_', ' ') for bit in BITS.split()] + ['\n\n', '\r\n', ' \n']


def draw_text():
    out = ''
    for _ in range(random_state.randrange(2, 9)):
        kind = random_state.random()
        if kind < 0.4:
            out += random_state.choice(WORDS) + random_state.choice([' ', '', '  '])
        elif kind < 0.7:
            out += random_state.choice(CHARACTERS)
        elif kind < 0.9:
            out += random_state.choice(BITS)
        else:
            out += random_state.choice(' \n\t') * random_state.randrange(1, 4)
    return out


def words_of(pre, normalizer):
    """The words of SENTENCES with how often they come. The library's trainers break ties anew in every run."""
    counts = Counter()
    for sentence in SENTENCES:
        text = normalizer.normalize_str(sentence) if normalizer else sentence
        counts.update([word for word, _ in pre.pre_tokenize_str(text)] if pre else [text])
    return counts


def symbols_of(word, prefix, suffix):
    last = len(word) - 1
    return [prefix * (i > 0) + c + suffix * (i == last) for i, c in enumerate(word)]


def bpe(pre=None, normalizer=None, merges=60, **options):
    prefix = options.get('continuing_subword_prefix', '')
    words = {
        word: (symbols_of(word, prefix, options.get('end_of_word_suffix', '')), count)
        for word, count in words_of(pre, normalizer).items()
    }
    special = ['[UNK]'] if 'unk_token' in options else []
    if options.get('byte_fallback'):
        special += [f'<0x{byte:02X}>' for byte in range(256)]
    alphabet = sorted({symbol for symbols, _ in words.values() for symbol in symbols})
    tokens, made = special + alphabet, []
    for _ in range(merges):
        pairs = Counter()
        for symbols, count in words.values():
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += count
        pair = min(pairs, key=lambda pair: (-pairs[pair], pair))
        token = pair[0] + pair[1][len(prefix) :]
        made.append(pair)
        if token not in tokens:
            tokens.append(token)
        for symbols, _ in words.values():
            for i in range(len(symbols) - 1, 0, -1):
                if (symbols[i - 1], symbols[i]) == pair:
                    symbols[i - 1 : i + 1] = [token]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, made, **options))
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre:
        tokenizer.pre_tokenizer = pre
    return tokenizer


def unigram(pre, normalizer, byte_fallback=False):
    pieces = Counter()
    for word, count in words_of(pre, normalizer).items():
        for begin in range(len(word)):
            for end in range(begin + 1, min(begin + 7, len(word) + 1)):
                pieces[word[begin:end]] += count
    # Every third character is unknown.
    characters = [piece for i, piece in enumerate(sorted(p for p in pieces if len(p) == 1)) if i % 3 != 2]
    longer = sorted((p for p in pieces if len(p) > 1), key=lambda p: (-pieces[p] * len(p), p))[:90]
    total = sum(pieces.values())
    scored = [(p, round(log(pieces[p] / total) + len(p) / 2, 4)) for p in characters + longer]
    scored += [(f'<0x{byte:02X}>', -9.0) for byte in range(256 if byte_fallback else 0)]
    tokenizer = Tokenizer(models.Unigram([('<unk>', 0.0)] + scored, 0, byte_fallback))
    tokenizer.pre_tokenizer = pre
    if normalizer:
        tokenizer.normalizer = normalizer
    return tokenizer


def precompiled():
    record = json.loads((ENCODERS / 'xlm_roberta' / 'tokenizer.json').read_text())
    return normalizers.Precompiled(base64.b64decode(record['normalizer']['precompiled_charsmap']))


def with_added(name, tokens):
    tokenizer = Tokenizer.from_file(str(ENCODERS / name / 'tokenizer.json'))
    tokenizer.add_tokens(tokens)
    return tokenizer


GPT4 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r'|\s*[\r\n]+|\s+(?!\S)|\s+'
)


def trained():
    n, p = normalizers, pre_tokenizers
    accents = n.Sequence([n.NFD(), n.StripAccents(), n.Lowercase()])
    yield 'bpe_words', bpe(p.Whitespace(), unk_token='[UNK]')
    yield 'bpe_fused_unknown', bpe(p.WhitespaceSplit(), unk_token='[UNK]', fuse_unk=True)
    yield 'bpe_prefix', bpe(p.BertPreTokenizer(), accents, unk_token='[UNK]', continuing_subword_prefix='##')
    pre = p.Sequence([p.Punctuation(), p.WhitespaceSplit()])
    yield 'bpe_suffix', bpe(pre, unk_token='[UNK]', end_of_word_suffix='</w>')
    marked = n.Sequence([n.Prepend('▁'), n.Replace(' ', '▁')])
    yield 'bpe_bytes_of_unknown', bpe(None, marked, unk_token='[UNK]', fuse_unk=True, byte_fallback=True)
    yield 'bpe_ignore_merges', bpe(p.ByteLevel(add_prefix_space=True), ignore_merges=True)
    pre = p.Sequence([p.Split(Regex(GPT4), 'isolated'), p.ByteLevel(add_prefix_space=False, use_regex=False)])
    yield 'bpe_expression', bpe(pre)
    for behavior in ('removed', 'isolated', 'merged_with_previous', 'merged_with_next', 'contiguous'):
        digits = p.Digits(individual_digits=behavior == 'isolated')
        pre = p.Sequence([p.Split(' ', behavior), digits, p.Punctuation(behavior)])
        yield f'bpe_split_{behavior}', bpe(pre, unk_token='[UNK]', merges=30)
        pre = p.Split(Regex(r'\w+'), behavior, invert=True)
        yield f'bpe_inverted_{behavior}', bpe(pre, unk_token='[UNK]', merges=30)
    yield 'bpe_delimiter', bpe(p.CharDelimiterSplit('e'), n.Strip(), unk_token='[UNK]')
    for scheme in ('always', 'first', 'never'):
        pre = p.Metaspace(prepend_scheme=scheme, split=scheme != 'first')
        yield f'bpe_metaspace_{scheme}', bpe(pre, n.NFKC(), unk_token='[UNK]')
    yield 'unigram', unigram(p.Metaspace(), None)
    spaces = n.Sequence([precompiled(), n.Replace(Regex(' {2,}'), ' ')])
    yield 'unigram_one_word', unigram(p.Metaspace(split=False, prepend_scheme='first'), spaces)
    yield 'unigram_bytes_of_unknown', unigram(p.Sequence([p.WhitespaceSplit(), p.Metaspace()]), None, True)
    token = AddedToken
    yield 'added_to_bert', with_added(
        'bert_prefixed',
        [
            token('sea', single_word=True, normalized=False),
            token('New Road', normalized=True),
            token('<L>', lstrip=True, normalized=False),
            token('<R>', rstrip=True, normalized=False),
            token('ROAD', normalized=True),
            token('<B>', lstrip=True, rstrip=True, normalized=True),
        ],
    )
    yield 'added_to_xlm_roberta', with_added(
        'xlm_roberta',
        [
            token('sea', single_word=True, normalized=True),
            token('①', normalized=True),
            token('<L>', lstrip=True, normalized=False),
        ],
    )


def ids_of(tokenizer, texts):
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return [tokenizer.encode(text).ids for text in texts]


if __name__ == '__main__':
    texts = ['', ' '] + [draw_text() for _ in range(TEXTS)]
    cases = []
    for path in sorted(ENCODERS.glob('*/tokenizer.json')):
        ids = ids_of(Tokenizer.from_file(str(path)), texts)
        # Several have one and the same tokenizer.
        if ids not in [case['ids'] for case in cases]:
            cases.append({'name': path.parent.name, 'ids': ids})
    charsmap = json.loads((ENCODERS / 'xlm_roberta' / 'tokenizer.json').read_text())['normalizer']
    for name, tokenizer in trained():
        record = json.loads(tokenizer.to_str())
        text = json.dumps(record).replace(charsmap['precompiled_charsmap'], 'XLM_ROBERTA')
        cases.append({'name': name, 'tokenizer': json.loads(text), 'ids': ids_of(tokenizer, texts)})
    named = [{'name': str(i), 'text': text} for i, text in enumerate(texts)]
    write_json(HERE / 'tokenizers.json', {'texts': named, 'cases': cases})
