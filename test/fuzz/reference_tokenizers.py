"""Ids by the library `tokenizers`, for test/fuzz/targets/tokenizers.ts: a JSON request a line, a JSON answer a line.

{"tokenizer": text of a tokenizer.json, "text": text} gives {"ids": [...]}, or {"error": message} for what it refuses.
"""

import json
import sys

from tokenizers import Tokenizer

last, tokenizer = None, None
for line in sys.stdin:
    request = json.loads(line)
    try:
        if request['tokenizer'] != last:
            last, tokenizer = None, Tokenizer.from_str(request['tokenizer'])
            tokenizer.no_padding()
            tokenizer.no_truncation()
            last = request['tokenizer']
        answer = {'ids': tokenizer.encode(request['text']).ids}
    # The library panics on some files; a panic is no Exception.
    except BaseException as error:
        last, answer = None, {'error': str(error)[:500]}
    print(json.dumps(answer), flush=True)
