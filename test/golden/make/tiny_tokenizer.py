"""The vocabulary and the texts of the tiny BERT, both invented here."""

from string import ascii_lowercase, digits, punctuation

from tokenizers import Tokenizer
from tokenizers.decoders import WordPiece as WordPieceDecoder
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

SPECIAL_TOKENS = ('[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]')
WORDS = """
the a an and or of to in on at by for from with as is it its be was were are not no this that these those
he she they we you i my our your their who what when where why how all any some each one two three four
cat dog bird river stone house tree road city sea sun moon rain snow wind fire water bread book word letter
sat ran walk watch read write speak learn teach make take give find lose open close begin end warm cold
long short new old small large good bad fast slow quiet loud red green blue only half never always
attention model vector matrix kernel token query key value head layer search text sentence number relat
nation inter under over cafe naive resume uber jalapeno facade angstrom answer panic people between through
""".split()
SUFFIXES = 'ing ed s es ly er est ation tion ment ness able ful less ity ive al ized wise ward'.split()
# kanji and kana; Arabic and Hebrew letters; Greek; Hangul in its decomposed form; emoji and its joiner
OTHER = '你好世界日本語学注意力水火山の私אבגשلامعربكσαςος🙂👩\u1112\u1161\u11ab'
OTHER_SUFFIXES = 'בלםשلامعبرحبكσαςος🙂\u1161\u11ab\u11a8'

LONG_WORD = 'relat' + 'ation' * 19  # 100 characters, the longest that WordPiece splits
TEXTS = {
    'sentence': 'The cat sat on the warm stone and watched the river.',
    'punctuation': "Don't panic: it's only (half) of the answer -- isn't it?!",
    'empty': '',
    'spaces': '     ',
    'whitespace': '\t tabs\tand\u00a0no-break\u3000ideographic\u2009thin \t',
    'truncated': ' '.join(WORDS[(7 * i + i // 11) % len(WORDS)] for i in range(300)),
    'cjk': '你好,世界! attention 注意力 日本語の猫',
    'arabic': 'مرحبا بالعالم العربي',
    'emoji': 'people 🙂🙂 read 🙂 👩\u200d👩\u200d👧 🏳\ufe0f\u200d🌈 books!',
    'accents': 'Café cafe\u0301 NAÏVE re\u0301sume\u0301 Über jalapeño façade A\u030angström',
    'long words': f'the {LONG_WORD} and {LONG_WORD}s end',
    'one long word': 'river' * 40,
    'control characters': 'wa\u0000ter\u0007 ri\u200bver\u00ad \u001bsto\u007fne\u0085book \ufeffend',
    'uppercase': 'THE RIVER WAS COLD, ÀND ÉVERY STONE TOO.',
    'case mapping': 'ΣΑΣ İstanbul ΟΣ straße',
    'lone surrogate': 'a lone \ufffd surrogate, and one in\ufffdside a word',
    'numbers': 'In 2024, 3.14% of 1,000,000 words (#42) were read_by @me & co.',
    'special tokens': '[CLS] the [MASK] sat on [SEP] the [UNK] stone [PAD] [mask]',
    'hangul': '한 학 하 attention',
    'hebrew': 'שלום the אב',
}


def make_vocab():
    letters = ascii_lowercase + digits
    tokens = [
        *SPECIAL_TOKENS,
        *punctuation,
        *letters,
        *('##' + c for c in letters),
        *OTHER,
        *('##' + c for c in OTHER_SUFFIXES),
        *WORDS,
        *('##' + suffix for suffix in SUFFIXES),
    ]
    return {token: i for i, token in enumerate(dict.fromkeys(tokens))}


def make_tokenizer():
    """Like many published models, it asks for a truncation and a padding that max_seq_length overrules."""
    vocab = make_vocab()
    tokenizer = Tokenizer(WordPiece(vocab, unk_token='[UNK]', max_input_chars_per_word=100))
    tokenizer.normalizer = BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True
    )
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single='[CLS] $A [SEP]',
        pair='[CLS] $A [SEP] $B:1 [SEP]:1',
        special_tokens=[(token, vocab[token]) for token in ('[CLS]', '[SEP]')],
    )
    tokenizer.decoder = WordPieceDecoder()
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    tokenizer.enable_truncation(32)
    tokenizer.enable_padding(length=32, pad_id=vocab['[PAD]'], pad_token='[PAD]')
    return tokenizer
