"""Writes tokenizer_details.json: ids that the library `tokenizers` gives where details of its parts decide.

By small tokenizers that are made here, each with one part that is easily misread, and by some of encoders/. A text is
one unit, repeated. Of long texts only the number of ids and a hash are kept.
"""

import json
from pathlib import Path

from tokenizers import Tokenizer

from golden_io import write_json
from make_tokenizer_runs import ENCODERS, hash_of

HERE = Path(__file__).resolve().parent.parent
# Ids of longer texts are hashed.
LISTED = 64

BERT = {
    'type': 'BertNormalizer',
    'clean_text': True,
    'handle_chinese_chars': True,
    'strip_accents': None,
    'lowercase': True,
}
STRIP = {'type': 'Strip', 'strip_left': True, 'strip_right': True}
BERT_WORDS = {'type': 'BertPreTokenizer'}
SPACED = {'type': 'WhitespaceSplit'}
WORDS = {'type': 'Whitespace'}


def metaspace(scheme='always'):
    return {'type': 'Metaspace', 'replacement': '▁', 'prepend_scheme': scheme, 'split': True}


def replace(kind, pattern, content):
    return {'type': 'Replace', 'pattern': {kind: pattern}, 'content': content}


def split(kind, pattern, behavior='Isolated'):
    return {'type': 'Split', 'pattern': {kind: pattern}, 'behavior': behavior, 'invert': False}


def normalizers(*parts):
    return {'type': 'Sequence', 'normalizers': parts}


def pre_tokenizers(*parts):
    return {'type': 'Sequence', 'pretokenizers': parts}


def tokenizer(model, added=(), normalizer=None, pre=None, post=None):
    return {
        'version': '1.0',
        'truncation': None,
        'padding': None,
        'added_tokens': list(added),
        'normalizer': normalizer,
        'pre_tokenizer': pre,
        'post_processor': post,
        'decoder': None,
        'model': model,
    }


def added(id, content, **options):
    defaults = {'single_word': False, 'lstrip': False, 'rstrip': False, 'normalized': False, 'special': False}
    return {'id': id, 'content': content, **defaults, **options}


def word_level(tokens):
    return {'type': 'WordLevel', 'unk_token': '[UNK]', 'vocab': {token: id for id, token in enumerate(tokens)}}


def word_piece(tokens):
    return {**word_level(tokens), 'type': 'WordPiece', 'continuing_subword_prefix': '##', 'max_input_chars_per_word': 100}


TOKENS = '[UNK] a b X ab c q x bc ▁a ▁b ▁X ▁ab a▁b ▁c ▁bc ▁x ##b ##a 東 京 ##京 x▁ ▁'.split(' ')
REACH_UNITS = ['a b ', 'a bc ', 'a q b ', 'ab c ', 'ab  cd ab ']


def reaching():
    """Parts that reach across a space, beside each pre-tokenizer that cuts there."""
    levels = word_level(TOKENS)
    last = len(TOKENS)
    for pre in (SPACED, WORDS, metaspace(), {'type': 'ByteLevel', 'add_prefix_space': True, 'trim_offsets': True, 'use_regex': True}):
        name = pre['type']
        for title, normalizer in {
            'Replace a b': replace('String', 'a b', 'X'),
            'Replace at the end': replace('Regex', 'a$', 'X'),
            'Replace behind a space': replace('Regex', '(?<=a )b', 'X'),
            'Replace before a space': replace('Regex', 'a(?= b)', 'X'),
            'Replace of a letter by nothing': normalizers(replace('String', 'q', ''), replace('Regex', ' {2,}', ' ')),
            'Replace of a letter by a space': replace('String', 'q', ' '),
            'Prepend': {'type': 'Prepend', 'prepend': 'a'},
            'Strip': STRIP,
            'StripAccents': {'type': 'StripAccents'},
            'BertNormalizer': BERT,
        }.items():
            yield f'{title}, {name}', tokenizer(levels, normalizer=normalizer, pre=pre)
        for title, part in {
            'Split behind a space': split('Regex', '(?<=a )b'),
            'Split of a b': split('String', 'a b', 'Removed'),
            'Digits': {'type': 'Digits', 'individual_digits': False},
            'Punctuation': {'type': 'Punctuation', 'behavior': 'MergedWithNext'},
        }.items():
            yield f'{title} and {name}', tokenizer(levels, pre=pre_tokenizers(part, pre))
            yield f'{name} and {title}', tokenizer(levels, pre=pre_tokenizers(pre, part))
        for title, token, normalizer in [
            ('a space behind it', added(last, 'a '), None),
            ('a space before it', added(last, ' b'), None),
            ('a normalized space behind it', added(last, 'a ', normalized=True), None),
            ('a space by NFKC', added(last, 'a\u3000b', normalized=True), {'type': 'NFKC'}),
            ('a space by Replace', added(last, 'Q', normalized=True), replace('String', 'Q', 'a b')),
        ]:
            yield f'added token with {title}, {name}', tokenizer(levels, [token], normalizer, pre)


def reaching_ideographs():
    model = word_piece(TOKENS)
    last = len(TOKENS)
    for title, token in {
        'as it is': added(last, '東京'),
        'normalized': added(last, '東京', normalized=True),
        'single word': added(TOKENS.index('東'), '東', single_word=True),
    }.items():
        yield f'ideographs added, {title}', tokenizer(model, [token], BERT, BERT_WORDS)
    normalizer = normalizers(BERT, replace('String', '京  東', 'x'))
    yield 'ideographs replaced', tokenizer(model, normalizer=normalizer, pre=BERT_WORDS)


GRAPHEMES = [' \u200d a', ' \ufe0f a', '\xa0\u200c a', 'ab \u0301 cd', '\u0600 ab', 'ab\u0301 cd ', '東京 ab', 'ab `` ``cd', 'the cat \x01 sat ']


BYTES = [f'<0x{byte:02X}>' for byte in range(256)]


def bpe(tokens, **options):
    defaults = {
        'dropout': None,
        'unk_token': '[UNK]',
        'continuing_subword_prefix': None,
        'end_of_word_suffix': None,
        'fuse_unk': False,
        'byte_fallback': True,
        'ignore_merges': False,
    }
    vocab = {token: id for id, token in enumerate(tokens)}
    return {'type': 'BPE', **defaults, **options, 'vocab': vocab, 'merges': []}


def unigram(tokens, unknown=0, **options):
    vocab = [[token, -float(min(id, 4))] for id, token in enumerate(tokens)]
    return {'type': 'Unigram', 'unk_id': unknown, 'vocab': vocab, 'byte_fallback': True, **options}


def bytes_of_unknown():
    some = [byte for byte in BYTES if byte not in ('<0xFF>', '<0x00>', '<0xF0>')]
    for title, own in {'all bytes': BYTES, 'some bytes': some, 'no bytes': []}.items():
        for fuse in (False, True):
            yield f'BPE, {title}, fused {fuse}', tokenizer(bpe(['[UNK]', 'a', *own], fuse_unk=fuse))
        yield f'Unigram, {title}', tokenizer(unigram(['<unk>', '▁', 'a', *own]))
        yield f'Unigram, {title}, a letter is unknown', tokenizer(unigram(['<unk>', '▁', 'a', 'b', 'aaa', *own], 2))
    yield 'Unigram, no byte_fallback', tokenizer(unigram(['<unk>', '▁', 'a', *some], byte_fallback=False))


def stripping():
    words = word_level(['[UNK]', 'x', 'y'])
    for content in ('\n', ' ', '  '):
        for sides in (['lstrip'], ['rstrip'], ['lstrip', 'rstrip']):
            if content == '  ' and sides == ['lstrip']:
                continue
            token = added(3, content, **{side: True for side in sides})
            yield f'{content!r} strips, {sides}', tokenizer(words, [token], pre=SPACED)


def processors():
    def special(token):
        return {'SpecialToken': {'id': token, 'type_id': 0}}

    text = {'Sequence': {'id': 'A', 'type_id': 0}}
    own = {token: {'id': token, 'ids': [id], 'tokens': [token]} for token, id in (('A', 30), ('B', 31))}
    pair = [text, {'Sequence': {'id': 'B', 'type_id': 1}}]

    def template(*single):
        return {'type': 'TemplateProcessing', 'single': single, 'pair': pair, 'special_tokens': own}

    bert = {'type': 'BertProcessing', 'sep': ['S', 20], 'cls': ['C', 21]}
    roberta = {**bert, 'type': 'RobertaProcessing', 'trim_offsets': True, 'add_prefix_space': True}
    byte_level = {'type': 'ByteLevel', 'add_prefix_space': True, 'trim_offsets': True, 'use_regex': True}
    around = template(special('A'), text, special('B'))
    for title, parts in {
        'Template, Bert': [around, bert],
        'Template, Roberta': [around, roberta],
        'Template, Bert, Roberta': [around, bert, roberta],
        'Bert, Template': [bert, around],
        'Roberta, ByteLevel, Template': [roberta, byte_level, around],
        'Template before, Bert': [template(special('A'), special('B'), text), bert],
        'Template of the text, Template': [template(text), around],
    }.items():
        post = {'type': 'Sequence', 'processors': parts}
        yield f'processors {title}', tokenizer(word_level(['[UNK]', 'x']), post=post)


def cases():
    for name in ('camembert', 'albert', 'xlm_roberta', 'modernbert', 'roberta', 'bert_prefixed'):
        yield name, None, [[unit, 1100] for unit in GRAPHEMES]
    for name, values in reaching():
        yield name, values, [[unit, count] for unit in REACH_UNITS for count in (3, 900)]
    for name, values in reaching_ideographs():
        yield name, values, [[unit, count] for unit in ('東京', '東京東 ', '京東京a ') for count in (3, 1100)]
    for name, values in bytes_of_unknown():
        units = ['a<unk>a', '<unk>', '\u00e9', '\u6771a', 'a\x00a', '\U0001f469\u00e9', 'a\U0001f469\u00e9a', '\u00e9\U0001f469', 'aa']
        yield name, values, [[unit, count] for unit in units for count in (1, 2, 1500)]
    for name, values in stripping():
        units = ['x\n\ny', 'x\ny', 'x \n \n y', '\n\n\n', 'x  y ', 'x', ' ']
        yield name, values, [[unit, count] for unit in units for count in (1, 3, 2500)]
    for name, values in processors():
        yield name, values, [['x', 1]]


def result(ids):
    return {'ids': ids} if len(ids) <= LISTED else {'length': len(ids), 'hash': hash_of(ids)}


if __name__ == '__main__':
    written = []
    for name, values, texts in cases():
        source = json.dumps(values) if values else (ENCODERS / name / 'tokenizer.json').read_text()
        made = Tokenizer.from_str(source)
        made.no_truncation()
        made.no_padding()
        case = {'name': name, 'tokenizer': values} if values else {'name': name}
        runs = [{'unit': unit, 'count': count, **result(made.encode(unit * count).ids)} for unit, count in texts]
        written.append({**case, 'runs': runs})
    write_json(HERE / 'tokenizer_details.json', {'cases': written})
