/** The work of `synthetic-attention encode`: lines in, embeddings out, streamed in bounded memory. */
import { basename } from 'node:path';
import type { TextEncoder } from '../encoder/types.js';
import { readLines } from '../formats/lines.js';
import type { RowWriter } from '../formats/row_writer.js';
import { openInput } from './input.js';
import { guardInterrupts } from './interrupt.js';
import { chooseFormat, type OutputFormat, openOutput } from './output.js';
import { type Counts, count, createProgress, type Progress } from './progress.js';

export interface EncodeCommandOptions {
  model: string;
  /** Path, or - for standard input. */
  input: string;
  /** Path, or - for standard output. */
  output: string;
  format?: OutputFormat;
  batchSize?: number;
  normalize?: boolean;
  quiet?: boolean;
}

/** What the command takes from outside, so that it can be run without a process of its own. */
export interface EncodeSurroundings {
  loadEncoder(directory: string): Promise<TextEncoder>;
  stderr: NodeJS.WriteStream;
}

/** Turns "so many texts are done" into about how many bytes of input are done. */
export class ByteCounter {
  private readonly marks: { texts: number; bytes: number }[] = [];
  private read = 0;
  private last = { texts: 0, bytes: 0 };

  /** `texts` more have been read, up to the byte offset `bytes`. */
  mark(texts: number, bytes: number): void {
    this.read += texts;
    this.marks.push({ texts: this.read, bytes });
  }

  /** Between two marks in proportion to the texts: a chunk of input holds thousands of lines. */
  done(texts: number): number {
    while (this.marks.length > 0 && this.marks[0]!.texts <= texts) this.last = this.marks.shift()!;
    const next = this.marks[0];
    if (next === undefined) return this.last.bytes;
    const share = (texts - this.last.texts) / (next.texts - this.last.texts);
    return this.last.bytes + share * (next.bytes - this.last.bytes);
  }
}

/** @throws SyntheticAttentionError with one sentence; Interruption on a signal; nothing is left of the output then */
export async function runEncode(options: EncodeCommandOptions, around: EncodeSurroundings): Promise<void> {
  const { stderr } = around;
  const quiet = options.quiet ?? false;
  const format = chooseFormat(options.output, options.format);
  const input = await openInput(options.input, options.output);
  let writer: RowWriter | undefined;
  let progress: Progress | undefined;
  const guard = guardInterrupts(() => writer?.abortSync());
  // A read that waits for input would keep the process from ending.
  guard.signal.addEventListener('abort', () => input.stream.destroy(), { once: true });
  try {
    const loadStart = performance.now();
    const encoder = await around.loadEncoder(options.model);
    guard.signal.throwIfAborted();
    if (!quiet) {
      const seconds = ((performance.now() - loadStart) / 1000).toFixed(2);
      const limits = `${encoder.dimensions} dimensions, up to ${encoder.maxLength} tokens a text`;
      stderr.write(`loaded ${basename(options.model)} in ${seconds} s (${limits})\n`);
    }
    writer = await openOutput(options.output, format, encoder.dimensions);
    guard.signal.throwIfAborted();
    progress = createProgress(stderr, input.size, quiet);

    const start = performance.now();
    const done: Counts = { texts: 0, tokens: 0, bytes: 0 };
    const bytes = new ByteCounter();
    async function* lines(): AsyncGenerator<string[]> {
      for await (const batch of readLines(input.stream, { source: `input ${options.input}` })) {
        bytes.mark(batch.lines.length, batch.bytes);
        yield batch.lines;
      }
    }
    const { batchSize, normalize } = options;
    const batches = encoder.encodeStream(lines(), {
      signal: guard.signal,
      ...(batchSize === undefined ? {} : { batchSize }),
      ...(normalize === undefined ? {} : { normalize }),
    });
    for await (const batch of batches) {
      await writer.write(batch.embeddings);
      done.texts += batch.texts;
      done.tokens += batch.tokens;
      done.bytes = bytes.done(done.texts);
      progress.update(done);
    }
    guard.signal.throwIfAborted();
    await writer.close();
    progress.stop();
    if (!quiet) stderr.write(`${closingLine(done, (performance.now() - start) / 1000, options.output)}\n`);
    encoder.dispose();
  } catch (error) {
    progress?.stop();
    await writer?.abort();
    input.stream.destroy();
    throw guard.signal.aborted ? guard.signal.reason : error;
  } finally {
    guard.release();
  }
}

function closingLine({ texts, tokens }: Counts, seconds: number, output: string): string {
  const rate = (n: number) => count(seconds > 0 ? n / seconds : 0);
  const where = output === '-' ? 'standard output' : output;
  return (
    `encoded ${count(texts)} texts (${count(tokens)} tokens) in ${seconds.toFixed(1)} s: ` +
    `${rate(texts)} texts/s, ${rate(tokens)} tokens/s -> ${where}`
  );
}
