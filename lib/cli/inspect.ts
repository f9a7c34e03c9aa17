/** Loads a model, reads one text with it and writes the page. */
import { basename, resolve } from 'node:path';
import { Encoder } from '../models/encoder.js';
import { writeOutput } from './output.js';

export interface InspectOptions {
  model: string;
  text: string;
  /** A path, or - for standard output. */
  output: string;
  title?: string;
}

export async function runInspect(
  { model, text, output, title = basename(resolve(model)) }: InspectOptions,
  stderr: { write(text: string): unknown },
): Promise<void> {
  const encoder = await Encoder.load(model);
  let page: string;
  try {
    page = (await encoder.explain(text, { title })).toHTML();
  } finally {
    encoder.dispose();
  }
  await writeOutput(output, [new TextEncoder().encode(page)]);
  if (output !== '-')
    stderr.write(`${output}: ${(page.length / 1024).toFixed(0)} KiB, open it in a browser\n`);
}
