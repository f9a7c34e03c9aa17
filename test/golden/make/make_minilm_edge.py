"""Writes minilm_edge.json: what sentence-transformers gives all-MiniLM-L6-v2 for awkward texts.

python make_minilm_edge.py MODEL_DIR
"""

import base64
import sys
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from golden_io import write_json

HERE = Path(__file__).resolve().parent.parent
IDS_KEPT = 60
WORDS = 'rain fell over the harbour while seventeen grey ships waited for a pilot who never came back'.split()
CODE = """export async function retry<T>(task: () => Promise<T>, times = 3): Promise<T> {
\tfor (let i = 0; ; i++) {
\t\ttry { return await task(); } catch (e) { if (i + 1 >= times) throw e; }
\t}
} // O(n) && x != null ? a[i]->b : `${c}\\n`"""
TEXTS = {
    'empty': '',
    'spaces': ' \t  \n \u00a0 \u3000 ',
    'cjk': '自然言語処理は面白い。我喜欢机器学习,你呢?人工智能 (AI) 한국어 문장도 있습니다.',
    'arabic': 'اللُّغَةُ العَرَبِيَّةُ جميلة، أليس كذلك؟',
    'emoji': 'Great job 👍🏽👩\u200d💻! 👨\u200d👩\u200d👧\u200d👦 ❤\ufe0f 🏳\ufe0f\u200d🌈 🇫🇮 #️⃣ ok 🙂',
    'three thousand words': ' '.join(WORDS[(5 * i + i // 16) % len(WORDS)] for i in range(3000)),
    'very long word': 'supercalifragilistic' * 30,
    'words of 100 and 101 characters': f'{"abcde" * 20} {"abcde" * 20}f',
    'thai': 'ภาษาไทยไม่มีช่องว่างระหว่างคำ และมีวรรณยุกต์',
    'accents': 'Ça déjà vu — naïve façade, Ångström A\u030angstro\u0308m,'
    ' Việt Nam, İstanbul, Łódź, straße, ﬁne',
    'hebrew': 'שָׁלוֹם עולם, זהו משפט בעברית־מקף.',
    'greek and cyrillic': 'Ο ΣΊΣΥΦΟΣ ΚΑΙ Ο ΛΌΓΟΣ. Съешь же ещё этих мягких французских булок',
    'control characters': 'a\u0000b\u0001c \u0007bell\u001b[31mred\u001b[0m\u007f'
    ' zero\u200bwidth soft\u00adhyphen \ufeffbom\r\nline\u2028sep',
    'replacement character': 'broken \ufffd text and one in\ufffdside \ufffd\ufffd',
    'numbers': '3.14159 -1,000,000.50 1e-12 0xFF 10:45 2024-02-29 ½ ² ٣٤ ৪৫ €99.99 50% №5',
    'code': CODE,
    'punctuation': '!!!!!!???......,,,,;;;;::::----____====~~~~(((([[[['
    '{{{{<<<<>>>>}}}}]]]]))))""""\'\'\'\'``…“”‘’«»、。',
    'special tokens': '[CLS] a [MASK] is not [SEP] a [PAD] or [UNK] [cls]',
    'supplementary planes': '𝓕𝓪𝓷𝓬𝔂 𝟙𝟚𝟛 𠀀𠀁 𐍈 𝄞 \U000e0001 \ue000',
}


def main(directory):
    torch.set_num_threads(2)
    texts = list(TEXTS.values())
    model = SentenceTransformer(directory, device='cpu')
    single = model.encode(texts, batch_size=1)
    # float64 throughout, rounded once at the end
    rows = model.double().encode(texts, batch_size=1)
    assert rows.dtype == np.float64 and np.abs(rows - single).max() < 2e-6

    tokenizer = Tokenizer.from_file(str(Path(directory) / 'tokenizer.json'))
    tokenizer.no_padding()
    tokenizer.enable_truncation(model.max_seq_length)
    preprocess = getattr(model, 'preprocess', None) or model.tokenize
    entries = []
    for name, text in TEXTS.items():
        ids = tokenizer.encode(text).ids
        assert preprocess([text])['input_ids'][0].tolist() == ids, name
        entries.append({'name': name, 'text': text, 'count': len(ids), 'ids': ids[:IDS_KEPT]})
    data = base64.b64encode(np.ascontiguousarray(rows, dtype='<f4').tobytes()).decode('ascii')
    write_json(
        HERE / 'minilm_edge.json',
        {'texts': entries, 'embeddings': {'dtype': '<f4', 'shape': list(rows.shape), 'base64': data}},
    )


if __name__ == '__main__':
    main(sys.argv[1])
