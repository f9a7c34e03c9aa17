// What stands around an ONNX model to make embeddings of texts: padded batches before, pooling after.
const BATCH = 32;

/**
 * @param sorted by length, so that little is padded; otherwise as the texts come
 * @returns batches {rows: [{index, ids}], shape: [texts, length], inputs} with the int64 inputs of a BERT model
 */
export function* tokenBatches(tokenize, texts, sorted) {
  const sequences = texts.map((text, index) => ({ index, ids: tokenize(text) }));
  if (sorted) sequences.sort((a, b) => a.ids.length - b.ids.length);
  for (let start = 0; start < sequences.length; start += BATCH) {
    const rows = sequences.slice(start, start + BATCH);
    const width = Math.max(...rows.map(({ ids }) => ids.length));
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

/**
 * The mean over the tokens of every text, scaled to unit length.
 * @param hidden [texts, length, features]; `embeddings` gets the rows at the texts' places
 */
export function pool({ data, dims }, { rows }, embeddings) {
  const [, width, features] = dims;
  for (const [r, { index, ids }] of rows.entries()) {
    const row = embeddings.subarray(index * features, (index + 1) * features);
    for (let i = 0; i < ids.length; i++) {
      const at = (r * width + i) * features;
      for (let f = 0; f < features; f++) row[f] += data[at + f];
    }
    const norm = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
    for (let f = 0; f < features; f++) row[f] /= norm;
  }
}
