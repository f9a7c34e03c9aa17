// Sequence to sequence: dates as people write them become YYYY-MM-DD, character by character.
//   npm run example:dates -- "3rd of May 2021" "Monday, 14 Feb 2000"
//   npm run example:dates -- --explain page.html "3rd of May 2021"
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EncoderDecoder, kernels, loadSafetensors } from 'synthetic-attention';

const folder = fileURLToPath(new URL('model', import.meta.url));
const LENGTH = 'YYYY-MM-DD'.length;
const [PAD, START] = [0, 1];

export async function loadReader() {
  const [model, tables, vocabulary] = await Promise.all([
    EncoderDecoder.load(folder),
    loadSafetensors(`${folder}/tables.safetensors`),
    readFile(`${folder}/vocabulary.json`, 'utf8').then(JSON.parse),
  ]);
  const longest = tables['source/positions'].shape[0];
  const output = new kernels.PackedMatrix(tables['output/kernel']);

  /** Ids [batch][length] as embedded tokens at positions from `first` on, [batch, length, features]. */
  function embed(side, ids, first = 0) {
    const table = tables[`${side}/tokens`];
    const positions = tables[`${side}/positions`];
    const rows = kernels.embedding([
      { table, ids: Int32Array.from(ids.flat()) },
      { table: positions, ids: Int32Array.from(ids.flatMap((row) => row.map((_, i) => first + i))) },
    ]);
    return rows.reshape([ids.length, ids[0].length, table.shape[1]]);
  }

  function source(texts) {
    const ids = texts.map((text) => {
      const letters = [...text.trim().toLowerCase()].slice(0, longest);
      return letters.map((letter) => Math.max(PAD, vocabulary.indexOf(letter)));
    });
    const width = Math.max(1, ...ids.map((row) => row.length));
    const padded = ids.map((row) => [...row, ...Array(width - row.length).fill(PAD)]);
    const sourceMask = {
      data: Uint8Array.from(padded.flat(), (id) => (id === PAD ? 0 : 1)),
      shape: [texts.length, width],
    };
    return { embedded: embed('source', padded), sourceMask };
  }

  /** The encoder reads all texts once; the decoder then writes a character of each a step, from its cache. */
  async function read(texts) {
    const { embedded, sourceMask } = source(texts);
    const cache = model.createCache(await model.encodeAsync(embedded, { sourceMask }));
    let last = texts.map(() => [START]);
    const dates = texts.map(() => '');
    for (let step = 0; step < LENGTH; step++) {
      const hidden = await model.decodeAsync(embed('target', last, step), { cache, sourceMask });
      const logits = await kernels.matmulAsync(hidden, output, { bias: tables['output/bias'] });
      last = texts.map((_, b) => {
        const row = logits.data.subarray(b * vocabulary.length, (b + 1) * vocabulary.length);
        return [row.indexOf(Math.max(...row))];
      });
      last.forEach(([id], b) => {
        dates[b] += vocabulary[id];
      });
    }
    return dates;
  }

  /** Where the decoder looked in the text while it wrote the date. */
  function explain(text, date) {
    const { embedded, sourceMask } = source([text]);
    const written = [START, ...[...date].slice(0, -1).map((letter) => vocabulary.indexOf(letter))];
    return model.explain(embedded, {
      target: embed('target', [written]),
      sourceMask,
      title: date,
      subtitle: text,
      queryTokens: [...date],
      keyTokens: [...text.trim()].slice(0, longest),
    });
  }

  return { read, explain };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { explain: { type: 'string' } },
  });
  const texts =
    positionals.length > 0 ? positionals : ['3rd of May 2021', 'Monday, 14 Feb 2000', '1969/7/20'];
  const reader = await loadReader();
  const dates = await reader.read(texts);
  texts.forEach((text, i) => {
    console.log(`${text.padEnd(32)} ${dates[i]}`);
  });
  if (values.explain) writeFileSync(values.explain, reader.explain(texts[0], dates[0]).toHTML());
}
