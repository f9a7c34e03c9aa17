"""Writes tokenizer_runs.json: ids that the library `tokenizers` gives for runs of one unit, short and long.

By every tokenizer of encoders/, tokenizers.json, tiny_bert/ and models/. Of long runs only the number of ids and hashes
are kept, of all ids and of what truncation to 64 leaves at either side.
"""

import json
from pathlib import Path

from tokenizers import Tokenizer

from golden_io import write_json

HERE = Path(__file__).resolve().parent.parent
ENCODERS = HERE / 'encoders'
FILES = ['albert', 'bert_prefixed', 'camembert', 'modernbert', 'mpnet', 'roberta', 'xlm_roberta']
SHORT = 5
# Code units, about.
LONG = 2500
TRUNCATED = 64

ALONE = {
    'letter': 'a',
    'letters': 'ab',
    'capitals': 'AB',
    'word': 'the cat ',
    'sea': 'sea',
    'digit': '1',
    'digits': '12',
    'digit and letter': '1a',
    'full stop': '.',
    'punctuation': '.,',
    'quotes': "'s",
    'underscore': '_',
    'letter and hyphen': 'a-',
    'symbol': '$',
    'space': ' ',
    'two spaces and a letter': '  a',
    'newline': '\n',
    'line ends': '\r\n',
    'tab': '\t',
    'space and newline': ' \n',
    'next line': '\u0085',
    'no-break space': '\u00a0',
    'ideographic space': '\u3000',
    'line separator': '\u2028',
    'thin space': '\u2009',
    'zero width space': '\u200b',
    'mark': '\u0301',
    'marks in turn': '\u0301\u0316',
    'letter with marks': 'e\u0301\u0316',
    'enclosing mark': '\u20dd',
    'precomposed': '\u00e9',
    'double accent': '\u1e69',
    'jamo': '\u1100\u1161\u11a8',
    'hangul': '\uac00',
    'Deseret': '\U00010400',
    'family': '\U0001f469\u200d\U0001f469\u200d\U0001f467',
    'flag': '\U0001f1e9\U0001f1ea',
    'skin tone': '\U0001f44d\U0001f3fd',
    'joiner': '\u200d',
    'emoji and joiner': '\U0001f469\u200d',
    'variation selector': '\ufe0f',
    'heart': '\u2764\ufe0f',
    'control': '\x01',
    'null': '\x00',
    'delete': '\x7f',
    'soft hyphen': '\u00ad',
    'byte order mark': '\ufeff',
    'replacement': '\ufffd',
    'private use': '\ue000',
    'unassigned': '\u0378',
    'ideograph': '\u6f22',
    'ideographs': '\u6771\u4eac',
    'ideograph and letter': '\u6f22a',
    'kana': '\u304b\u3099',
    'half width': '\uff76\uff9e',
    'ligature': '\ufb01',
    'long compatibility': '\ufdfa',
    'sigma': '\u03a3',
    'dotted I': '\u0130',
    'sharp s': '\u00df',
    'Arabic': '\u0645\u064e',
    'Devanagari': '\u0915\u094d\u0937',
    'Thai': '\u0e01\u0e33',
    'circled': '\u2460',
    'metaspace': '\u2581',
    'mask': '<mask>',
    'bert mask': '[MASK]',
    'mask and space': '<mask> ',
    'space and mask': ' <mask>',
    'sep and letter': '[SEP]a',
    'end': '</s>',
    'strips left': ' <L>',
    'strips right': '<R> ',
    'strips both': ' <B> ',
    'two words': 'New Road',
    'half a token': '<mas',
    'open brackets': '[',
}
# Where the run lies between other characters.
INSIDE = {
    'mark after a letter': ('a', '\u0301', 'a'),
    'marks in turn after a letter': ('e', '\u0301\u0316', ''),
    'spaces inside': ('a', ' ', 'a'),
    'spaces before a mask': ('x', ' ', 'x<mask>'),
    'spaces up to a mask': ('x', ' ', '<mask>'),
    'spaces after a mask': ('<mask>', ' ', 'x'),
    'newlines before <B>': ('x', '\n', 'x<B>'),
    'no-break spaces before a bert mask': ('x', '\u00a0', 'x[MASK]'),
    'ideographic spaces inside': ('a', '\u3000', 'a'),
    'letters and a full stop': ('', 'a', '.'),
    'jamo after a syllable': ('\uac00', '\u11a8', ''),
    'digits after a letter': ('a', '1', 'a'),
}


def units():
    runs = [(name, '', unit, '') for name, unit in ALONE.items()]
    runs += [(name, *parts) for name, parts in INSIDE.items()]
    for name, before, unit, after in runs:
        length = len(unit.encode('utf-16-le')) // 2
        yield {
            'name': name,
            'before': before,
            'unit': unit,
            'after': after,
            'counts': [SHORT, LONG // length],
        }


def hash_of(ids):
    """FNV-1a of 32 bits, an id at a time."""
    value = 0x811C9DC5
    for one in ids:
        value = ((value ^ one) * 0x01000193) & 0xFFFFFFFF
    return value


def tokenizers():
    for name in FILES:
        yield name, Tokenizer.from_file(str(ENCODERS / name / 'tokenizer.json'))
    yield 'tiny_bert', Tokenizer.from_file(str(HERE / 'tiny_bert' / 'tokenizer.json'))
    mini = HERE.parent.parent / 'models' / 'synthesizer-mini' / 'tokenizer.json'
    yield 'synthesizer-mini', Tokenizer.from_file(str(mini))
    charsmap = json.loads((ENCODERS / 'xlm_roberta' / 'tokenizer.json').read_text())['normalizer']
    for case in json.loads((HERE / 'tokenizers.json').read_text())['cases']:
        if 'tokenizer' in case:
            text = json.dumps(case['tokenizer']).replace('XLM_ROBERTA', charsmap['precompiled_charsmap'])
            yield case['name'], Tokenizer.from_str(text)


def ids_of(tokenizer, text, truncation=None):
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if truncation:
        tokenizer.enable_truncation(TRUNCATED, direction=truncation)
    return tokenizer.encode(text).ids


def long_run(tokenizer, text):
    ids = ids_of(tokenizer, text)
    right, left = (ids_of(tokenizer, text, side) for side in ('right', 'left'))
    return [len(ids), hash_of(ids), hash_of(right), hash_of(left)]


if __name__ == '__main__':
    runs = list(units())
    cases = []
    for name, tokenizer in tokenizers():
        short, long = [], []
        for run in runs:
            texts = [run['before'] + run['unit'] * count + run['after'] for count in run['counts']]
            short.append(ids_of(tokenizer, texts[0]))
            long.append(long_run(tokenizer, texts[1]))
        cases.append({'name': name, 'short': short, 'long': long})
    write_json(HERE / 'tokenizer_runs.json', {'truncated': TRUNCATED, 'units': runs, 'cases': cases})
