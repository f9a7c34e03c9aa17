// What stands around the ONNX model to make embeddings of texts: tokens, batches of similar length, pooling.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';

const BATCH = 32;
/** The limit of the sentence-transformers model that the figures are for. */
const MAX_LENGTH = 256;

const tokenizers = new Map();

function tokenizerOf(folder) {
  if (!tokenizers.has(folder)) {
    const [file, config] = ['tokenizer.json', 'tokenizer_config.json'].map((name) =>
      JSON.parse(readFileSync(join(folder, name), 'utf8')),
    );
    tokenizers.set(folder, new Tokenizer(file, config));
  }
  return tokenizers.get(folder);
}

/** Sorted by length, so that little is padded: twice as fast as the order of the input. */
export function* tokenBatches(folder, texts) {
  const tokenizer = tokenizerOf(folder);
  const sequences = texts
    .map((text, index) => {
      const { ids } = tokenizer.encode(text);
      // The last token closes the sequence and stays when the text is cut.
      return { index, ids: ids.length > MAX_LENGTH ? [...ids.slice(0, MAX_LENGTH - 1), ids.at(-1)] : ids };
    })
    .sort((a, b) => a.ids.length - b.ids.length);
  for (let start = 0; start < sequences.length; start += BATCH) {
    const rows = sequences.slice(start, start + BATCH);
    const width = rows.at(-1).ids.length;
    const size = rows.length * width;
    const ids = new BigInt64Array(size);
    const mask = new BigInt64Array(size);
    for (const [r, row] of rows.entries()) {
      for (const [i, id] of row.ids.entries()) {
        ids[r * width + i] = BigInt(id);
        mask[r * width + i] = 1n;
      }
    }
    yield {
      rows,
      shape: [rows.length, width],
      inputs: { input_ids: ids, attention_mask: mask, token_type_ids: new BigInt64Array(size) },
    };
  }
}

/** Mean over the tokens of a text, scaled to unit length. */
export class Pooler {
  /** @param hidden [texts, length, features]; `embeddings` gets the rows at the texts' places */
  pool({ data, dims }, { rows }, embeddings) {
    const [, width, features] = dims;
    for (const [r, { index, ids }] of rows.entries()) {
      const row = new Float32Array(features);
      for (let i = 0; i < ids.length; i++) {
        const at = (r * width + i) * features;
        for (let f = 0; f < features; f++) row[f] += data[at + f];
      }
      const norm = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
      for (let f = 0; f < features; f++) row[f] /= norm;
      embeddings[index] = row;
    }
  }
}
