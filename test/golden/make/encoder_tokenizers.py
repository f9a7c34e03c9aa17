"""Small tokenizers of each family that encoders use, in the form that published tokenizer.json files have."""

import tempfile
import unicodedata
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np
from sentencepiece import SentencePieceNormalizer
from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers import decoders as decoding
from tokenizers.models import BPE, Unigram, WordPiece
from tokenizers.trainers import BpeTrainer

from encoder_texts import OTHER, PUNCTUATION, SUFFIXES, TEXTS, WORDS

BERT_SPECIAL = ('[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]')


def around(cls, sep, vocab):
    """`cls` text `sep`"""
    return processors.TemplateProcessing(
        single=f'{cls} $A {sep}',
        pair=f'{cls} $A {sep} $B:1 {sep}:1',
        special_tokens=[(cls, vocab[cls]), (sep, vocab[sep])],
    )


def add_special(tokenizer, tokens, mask):
    """The mask takes the space before it along, except in BERT."""
    tokenizer.add_special_tokens(
        [AddedToken(t, lstrip=t == mask and mask != BERT_SPECIAL[-1], normalized=False) for t in tokens]
    )
    return tokenizer


def word_piece(special=BERT_SPECIAL, cls='[CLS]', sep='[SEP]', mask='[MASK]'):
    letters = ascii_lowercase + digits
    pieces = [*special, *PUNCTUATION, *letters, *('##' + c for c in letters), *OTHER, *WORDS]
    pieces += ['##' + suffix for suffix in SUFFIXES]
    vocab = {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(WordPiece(vocab, unk_token='[UNK]', max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = around(cls, sep, vocab)
    tokenizer.decoder = decoding.WordPiece()
    return add_special(tokenizer, special, mask)


def mpnet():
    """WordPiece between RoBERTa's special tokens, with an unknown token of BERT's beside one of RoBERTa's"""
    special = ('<s>', '<pad>', '</s>', '<unk>', '[UNK]', '<mask>')
    tokenizer = word_piece(special, '<s>', '</s>', '<mask>')
    tokenizer.post_processor = roberta_template(tokenizer)
    return tokenizer


def roberta_template(tokenizer):
    return processors.RobertaProcessing(
        ('</s>', tokenizer.token_to_id('</s>')),
        ('<s>', tokenizer.token_to_id('<s>')),
        trim_offsets=True,
        add_prefix_space=False,
    )


def trained_bpe(special, merges):
    """All bytes and that many merges, learnt from the words at the beginning and in the middle of a text."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = BpeTrainer(
        vocab_size=len(special) + 256 + merges,
        special_tokens=list(special),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    words = [w for word in WORDS for w in (word, ' ' + word, ' ' + word + 'ing', word.capitalize())]
    tokenizer.train_from_iterator(words, trainer)
    tokenizer.decoder = decoding.ByteLevel()
    return tokenizer


def roberta():
    special = ('<s>', '<pad>', '</s>', '<unk>', '<mask>')
    tokenizer = trained_bpe(special, 120)
    tokenizer.post_processor = roberta_template(tokenizer)
    return add_special(tokenizer, special, '<mask>')


def modernbert():
    """With its tokens for runs of spaces, which are no special tokens but are found before all else"""
    tokenizer = trained_bpe(BERT_SPECIAL, 60)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.post_processor = around('[CLS]', '[SEP]', tokenizer.get_vocab())
    tokenizer.add_special_tokens(
        [AddedToken(t, lstrip=t == '[MASK]', normalized=False) for t in BERT_SPECIAL]
    )
    tokenizer.add_tokens([AddedToken(' ' * n, normalized=True) for n in (4, 3, 2)])
    return tokenizer


QWEN_SPECIAL = ('<|endoftext|>', '<|im_start|>', '<|im_end|>')
QWEN_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def qwen():
    """Words are split by an expression, and one token ends a text"""
    tokenizer = trained_bpe(QWEN_SPECIAL, 60)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN_WORDS), 'isolated'),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    end = QWEN_SPECIAL[0]
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single=f'$A {end}', pair=f'$A {end} $B:1 {end}:1', special_tokens=[(end, 0)]
            ),
        ]
    )
    tokenizer.add_special_tokens([AddedToken(t, normalized=False) for t in QWEN_SPECIAL])
    return tokenizer


def charsmap():
    """Rules as XLM-R's map of characters has them, of those that occur here: white space, compatibility forms."""
    rules = {c: ' ' for c in '\t\n\r\u00a0\u3000'}
    rules |= {chr(0xFEE0 + ord(c)): c for c in ascii_lowercase + ascii_uppercase + digits}
    rules |= {'\ufe0f': '', '\u200d': ' '}
    for text in TEXTS.values():
        for i, c in enumerate(text):
            if c not in rules and unicodedata.normalize('NFKC', c) != c:
                rules[c] = unicodedata.normalize('NFKC', c)
            if unicodedata.combining(c):
                pair = text[i - 1 : i + 1]
                rules[pair] = unicodedata.normalize('NFKC', pair)
    return ['\t'.join(' '.join(f'{ord(c):X}' for c in side) for side in rule) for rule in sorted(rules.items())]


def precompiled():
    """sentencepiece compiles the map: it wants a file, and hides the bytes in a protocol buffer."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'rules.tsv'
        path.write_text('\n'.join(charsmap()) + '\n')
        spec = SentencePieceNormalizer(rule_tsv=str(path)).serialized_normalizer_spec()
    return normalizers.Precompiled(field(spec, 2))


def field(message, number):
    """The bytes of a length-delimited field of a protocol buffer."""
    at = 0

    def varint():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = varint()
        size = varint()
        if key & 7 == 2:
            if key >> 3 == number:
                return message[at : at + size]
            at += size
    raise ValueError(f'expected field {number} but received a message without it')


def unigram(special, unknown, lower=False):
    letters = ascii_lowercase + digits + ('' if lower else ascii_uppercase)
    pieces = ['▁', *letters, *PUNCTUATION, *OTHER]
    pieces += [f'▁{word}' for word in WORDS] + SUFFIXES + ['你好', '▁The', 'ΣΑ']
    pieces = list(dict.fromkeys(pieces))
    # long pieces are likelier than their parts; no two segmentations may have the same score
    rng = np.random.RandomState(31)
    scores = [-12 + 4 * min(len(p), 4) / 4 + float(rng.rand()) for p in pieces]
    vocab = [(token, 0.0) for token in special]
    vocab += [(piece, round(score, 4)) for piece, score in zip(pieces, scores, strict=True)]
    return Tokenizer(Unigram(vocab, unk_id=special.index(unknown), byte_fallback=False))


def metaspace(split_first):
    step = pre_tokenizers.Metaspace(replacement='▁', prepend_scheme='always')
    return pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), step]) if split_first else step


ONE_SPACE = normalizers.Replace(Regex(' {2,}'), ' ')


def finish(tokenizer, cls, sep, special, mask):
    tokenizer.post_processor = around(cls, sep, tokenizer.get_vocab())
    tokenizer.decoder = decoding.Metaspace(replacement='▁', prepend_scheme='always')
    return add_special(tokenizer, special, mask)


def xlm_roberta():
    special = ('<s>', '<pad>', '</s>', '<unk>', '<mask>')
    tokenizer = unigram(special, '<unk>')
    tokenizer.normalizer = precompiled()
    tokenizer.pre_tokenizer = metaspace(True)
    return finish(tokenizer, '<s>', '</s>', special, '<mask>')


def camembert():
    """Its first ids are not used, and it squeezes runs of spaces where XLM-R splits at them."""
    special = ('<s>NOTUSED', '<pad>', '</s>NOTUSED', '<unk>', '<unk>NOTUSED', '<s>', '</s>', '<mask>')
    tokenizer = unigram(special, '<unk>')
    tokenizer.normalizer = normalizers.Sequence([precompiled(), ONE_SPACE])
    tokenizer.pre_tokenizer = metaspace(False)
    return finish(tokenizer, '<s>', '</s>', special, '<mask>')


def albert():
    special = ('<pad>', '<unk>', '[CLS]', '[SEP]', '[MASK]')
    tokenizer = unigram(special, '<unk>', lower=True)
    quotes = [normalizers.Replace(two, '"') for two in ('``', "''")]
    tokenizer.normalizer = normalizers.Sequence(
        [
            *quotes,
            normalizers.NFKD(),
            normalizers.StripAccents(),
            normalizers.Lowercase(),
            precompiled(),
            ONE_SPACE,
        ]
    )
    tokenizer.pre_tokenizer = metaspace(True)
    return finish(tokenizer, '[CLS]', '[SEP]', special, '[MASK]')
