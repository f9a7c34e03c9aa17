"""Writes expressions.json: matches of regular expressions by Oniguruma, as the library `tokenizers` uses it.

The expressions are those of models, those that one part of the syntax is about, and random ones.
"""

import random
from pathlib import Path

from tokenizers import Regex, pre_tokenizers

from golden_io import write_json

HERE = Path(__file__).resolve().parent.parent
random_state = random.Random(7)

ENDINGS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
UPPER, LOWER = r'\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}', r'\p{Ll}\p{Lm}\p{Lo}\p{M}'
LINES = r'|\s*[\r\n]+|\s+(?!\S)|\s+'
MODELS = {
    'gpt2': r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    'llama3': ENDINGS + r'|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*' + LINES,
    'cl100k': r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r'|\s++$|\s*[\r\n]|\s+(?!\S)|\s',
    'o200k': rf'[^\r\n\p{{L}}\p{{N}}]?[{UPPER}]*[{LOWER}]+{ENDINGS}?'
    rf'|[^\r\n\p{{L}}\p{{N}}]?[{UPPER}]+[{LOWER}]*{ENDINGS}?'
    r'|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*' + LINES,
    'qwen': ENDINGS + r'|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*' + LINES,
    'kimi': rf'[\p{{Han}}]+|[^\r\n\p{{L}}\p{{N}}]?[{UPPER}&&[^\p{{Han}}]]*[{LOWER}&&[^\p{{Han}}]]+' + LINES,
    'deepseek': '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+'
    '| ?[\\p{P}\\p{S}]+[\\r\\n]*' + LINES,
    'deepseek_ideographs': '[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+',
    'bloom': ' ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+',
    'exaone': r'[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}',
    'digits': r'[0-9][0-9][0-9]',
    'groups of digits': r'(?=(\d{3})+(?!\d))',
    'groups of digits, behind': r'(?<=\d)(?=(?:\d{3})+(?!\d))',
    'groups of digits, boundary': r'\B(?=(\d{3})+\b)',
    'white space at the end': r'\s+$',
    'white space at both ends': r'(^\s+)|(\s+$)',
    'no line ends': r'[^\S\n]+',
    'words': r'\w+|[^\w\s]+',
    'marks alone': r'(?<!\p{L})\p{M}+',
}
SYNTAX = (
    r'(a+)+$ (a|a)*b (\w+\s?)*$ a.*b|a (a+)+b ^ $ \A. .\z .\Z \b \B x* a*? a+?b (|a)+ a{2}? a{,2}b a{2,}? a{b} '
    r'(?:) (?=a|b) (?!a)\w (?<=ab|\s)\w (?<!a)b (?<=^|\s)\w a++a [ab]*+b (?>a+)b a?+a (?i)AB (?i:b)C a(?i)B|c '
    r"(?i:'S) (?i:\p{Lu}) (?i:[\p{Lu}]) (?i:k) (?i:[^a]) (?m:.)+ (?x: a\ b # c" '\n' r') a(?#b)b (?<n>a)b (?-i:a) '
    r'[a-c&&[^b]] [[:alpha:]] [[:^punct:]] [[:punct:]] [[:space:]] [[:upper:][:digit:]] [^\W_] [\w-] [-a] [a\]] []a] '
    r'[\d\-x] [^\n] [\x{61}-\x62] \x61 \u0061 \141 \t \h+ \H \R \N \O \p{^L}+ \P{L}+ \p{Letter} \p{alnum} \p{Han} '
    r'\p{Greek} \p{Emoji} \p{L}\p{M}* \s \S \d \D \w \W \pL . ..?'
)
WORDS = [
    "don't we'LL I\u2019m x'\u017f",
    'the Cat  sat\n\n on\r\nit \n',
    '1234567 12 1,234.5 x1234y',
    ' \t\u00a0\u0085\u3000\u2028a  ',
    'e\u0301\u0316a\u0301 \u0301',
    '\U0001f469\u200d\U0001f467 \U00010400x\U0001f44d\U0001f3fd',
    '\u6f22\u5b57\u304b\u306a abc \u03b1\u03a3\u03c2',
    'aab abab aaa AB aBc a]b-a [x] {2} #! a{b}',
    '\u00dfS\u212a\u0130k_\u00b2\u00bd',
    'a b\nab\n',
]
ATOMS = r'\s \S \d \D \w \W \p{L} \p{N} \P{L} [ab] [^ab] [^\s\p{L}] [a-c1] . \p{Lu} [^\r\n\p{L}\p{N}] a b A 1'.split()
PLACES = r'^ $ \b \B \A \z'.split()


def atom(depth):
    kind = random_state.random()
    if kind < 0.6 or depth == 0:
        return random_state.choice(ATOMS + [' ', '\u00e9', '\U0001f467'])
    if kind < 0.75:
        return f'(?:{choice(depth - 1)})'
    if kind < 0.87:
        return random_state.choice(['(?={})', '(?!{})']).format(choice(depth - 1))
    if kind < 0.94:
        return random_state.choice(['(?<={})', '(?<!{})']).format(random_state.choice(ATOMS))
    return random_state.choice(PLACES)


def repeated(depth):
    one = atom(depth)
    # Oniguruma refuses to repeat a place, and takes a round of a loop that reads nothing in its own way.
    if one in PLACES or one.startswith('('):
        return one
    return one + random_state.choice(['', '', '', '*', '+', '?', '*?', '+?', '??', '{1,2}', '{2}', '{2,}'])


def choice(depth):
    branches = random_state.choice([1, 1, 2, 3])
    return '|'.join(
        ''.join(repeated(depth) for _ in range(random_state.randrange(1, 4))) for _ in range(branches)
    )


def lengths(expression, behavior, text):
    pieces = pre_tokenizers.Split(Regex(expression), behavior).pre_tokenize_str(text)
    return [len(piece.encode('utf-16-le')) // 2 for piece, _ in pieces]


if __name__ == '__main__':
    expressions = dict(MODELS)
    syntax = [one for one in SYNTAX.split(' ') if one]
    # Two parts of one expression, with the space between them.
    at = syntax.index('(?x:')
    syntax[at : at + 5] = [' '.join(syntax[at : at + 5])]
    expressions |= {one: one for one in syntax}
    expressions |= {f'random {i}': choice(2) for i in range(120)}
    cases = [
        {
            'name': name,
            'expression': expression,
            'isolated': [lengths(expression, 'isolated', text) for text in WORDS],
            'removed': [lengths(expression, 'removed', text) for text in WORDS],
        }
        for name, expression in expressions.items()
    ]
    write_json(HERE / 'expressions.json', {'texts': [{'name': text, 'text': text} for text in WORDS], 'cases': cases})
