/** The work of `synthetic-attention search`: all texts embedded and kept in memory, then the nearest of each query. */
import { basename } from 'node:path';
import { ArgumentError, expectation } from '../errors.js';
import type { Encoder } from '../models/encoder.js';
import { semanticSearch } from '../models/search/semantic_search.js';
import type { EncoderDType } from '../models/types.js';
import { checkInputs, inputsOf } from './encode_options.js';
import { type FindModel, findModel } from './find_model.js';
import { openInput } from './input.js';
import { guardInterrupts } from './interrupt.js';
import { namingRecord } from './naming_records.js';
import { writeOutput } from './output.js';
import { count } from './progress.js';
import type { SearchCommandOptions } from './search_options.js';
import { type Found, report } from './search_report.js';

export interface SearchSurroundings {
  findModel: FindModel;
  loadEncoder(directory: string, options: { dtype?: EncoderDType }): Promise<Encoder>;
  stderr: NodeJS.WriteStream;
}

/** @throws SyntheticAttentionError with one sentence; Interruption on a signal; nothing is left of the output then */
export async function runSearch(options: SearchCommandOptions, around: SearchSurroundings): Promise<void> {
  const { dtype, query: queries, topK, output, format = 'text', quiet = false } = options;
  const inputs = inputsOf(options);
  checkInputs(inputs, options);
  const input = await openInput(inputs, output, options);
  const guard = guardInterrupts(() => {});
  const { signal } = guard;
  // A read that waits for input would keep the process from ending.
  signal.addEventListener('abort', () => input.destroy(), { once: true });
  try {
    const directory = await findModel(options, around.findModel, around.stderr, signal);
    using encoder = await around.loadEncoder(directory, dtype === undefined ? {} : { dtype });
    const texts: string[] = [];
    for await (const batch of input.records()) for (const text of batch.texts) texts.push(text);
    signal.throwIfAborted();
    const least = queries === undefined ? 2 : 1;
    if (texts.length < least) {
      throw new ArgumentError(
        expectation('--input', `${least} texts at least`, String(texts.length), 'length'),
      );
    }
    const start = performance.now();
    const corpus = await encoder.encodeDocument(texts, { signal }).catch((error: unknown) => {
      throw namingRecord(error, (index) => index + 1);
    });
    const seconds = (performance.now() - start) / 1000;
    const search = { scoreFunction: encoder.similarityName, signal };
    let found: Found[];
    if (queries === undefined) {
      // One hit more, as every text finds itself, if not a text that is equal before it.
      const hits = await semanticSearch(corpus, corpus, { ...search, topK: topK + 1 });
      found = texts.map((text, i) => ({
        text,
        record: i + 1,
        hits: hits[i]!.filter(({ corpusId }) => corpusId !== i).slice(0, topK),
      }));
    } else {
      const asked = await encoder.encodeQuery(queries, { signal });
      const hits = await semanticSearch(asked, corpus, { ...search, topK });
      found = queries.map((text, i) => ({ text, hits: hits[i]! }));
    }
    await writeOutput(output, inBytes(report(found, texts, format)));
    if (!quiet) {
      const rate = count(seconds > 0 ? texts.length / seconds : 0);
      around.stderr.write(
        `searched ${count(texts.length)} texts with ${basename(directory)}, embedded at ${rate} texts/s\n`,
      );
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    input.destroy();
    guard.release();
  }
}

function* inBytes(pieces: Iterable<string>): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const piece of pieces) yield encoder.encode(piece);
}
