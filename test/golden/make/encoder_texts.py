"""The words and the texts of the small encoders, all invented here."""

WORDS = """
the a an and or of to in on at it is was not this that she he we you who what when how all one two three
cat dog bird river stone house tree road city sea sun moon rain snow wind fire water bread book word letter
sat ran walk watch read write speak learn make take warm cold long short new old small red green blue half
attention model vector matrix kernel token query key value layer search text sentence number through between
""".split()
SUFFIXES = 'ing ed s es ly er est ation tion ment ness able ful al wise ward'.split()
# the rest of the characters that a vocabulary knows: accents, kanji and kana, Greek, one emoji
OTHER = 'éïåüç你好世界日本語水の注意力αβσςдом🙂'
PUNCTUATION = '.,:;!?\'"()-#&%'

# Local attention, relative positions and rotations all need texts that are longer than their windows.
LONG = ' '.join(WORDS[(7 * i + i // 11) % len(WORDS)] for i in range(220))

TEXTS = {
    'sentence': 'The cat sat on the warm stone and watched the river, half awake between rain and wind.',
    'empty': '',
    'one word': 'river',
    'mixed case': 'ATTENTION to the Small Words: Read THIS sentence, not tHAT one',
    'accents': 'Café cafe\u0301 NAÏVE Ångström A\u030angstrom façade',
    'cjk': '你好世界! attention 注意力 日本語の水',
    'emoji': 'we read 🙂🙂 and 🙂 👩\u200d👧 🏳\ufe0f\u200d🌈 books',
    'scripts': 'σας ΣΑΣ дом ДОМ two алеф',
    'spaces': '  the  old   road    to the sea  ',
    'newlines': 'one line\nand two\n\nthree\twords \r\n end\n',
    'punctuation': "Don't we? It's (half) of it -- isn't it?!... #42, 3.14% & more_or_less",
    'compatibility': 'ｆｕｌｌ ｗｉｄｔｈ ﬁre x² ½ ① no\u00a0break\u3000wide',
    'truncated': LONG,
}
# texts whose hidden states are kept, and those whose embeddings are kept for each of the poolings
HIDDEN_STATES_OF = ('accents', 'punctuation')
POOLED = ('sentence', 'empty', 'cjk', 'truncated')
