/** `synthetic-attention convert`: a model directory with weights of another type. */
import { Command } from 'commander';
import { ArgumentError, expectation } from '../errors.js';
import { guardInterrupts } from './interrupt.js';

interface Options {
  model: string;
  output: string;
  dtype: 'int8' | 'float32';
}

function weightType(text: string): Options['dtype'] {
  if (text !== 'int8' && text !== 'float32') {
    throw new ArgumentError(expectation('--dtype', 'int8 or float32', JSON.stringify(text)));
  }
  return text;
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

export function convertCommand(): Command {
  return new Command('convert')
    .description(
      'Write a model directory anew, its weights in 8 bits: a quarter of the size, loaded as int8.',
    )
    .requiredOption('--model <dir>', 'model directory')
    .requiredOption('--output <dir>', 'directory to write, which must not be there yet')
    .option('--dtype <name>', 'int8, or float32 to go back', weightType, 'int8')
    .action(async ({ model, output, dtype }: Options) => {
      const { convertModel } = await import('../encoder/convert.js');
      const guard = guardInterrupts(() => {});
      try {
        const { signal } = guard;
        const { tensors, before, after } = await convertModel(model, output, { dtype, signal });
        process.stderr.write(
          `converted ${tensors} tensors to ${dtype}: ${megabytes(before)} -> ${megabytes(after)} -> ${output}\n`,
        );
      } finally {
        guard.release();
      }
    });
}
