/** `synthetic-attention encode`: options, and the parts that `runEncode` is made of. */
import { Command } from 'commander';
import { ArgumentError, expectation } from '../errors.js';
import type { EncodeCommandOptions } from './encode.js';
import type { OutputFormat } from './output.js';

interface Options extends EncodeCommandOptions {
  threads?: number;
}

function positiveInteger(name: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
      throw new ArgumentError(expectation(name, 'a positive integer', JSON.stringify(text)));
    }
    return value;
  };
}

function outputFormat(text: string): OutputFormat {
  if (text !== 'npy' && text !== 'jsonl') {
    throw new ArgumentError(expectation('--format', 'npy or jsonl', JSON.stringify(text)));
  }
  return text;
}

export function encodeCommand(): Command {
  return new Command('encode')
    .description('Embed texts, one a line, with a sentence-transformers model.')
    .requiredOption('--model <dir>', 'model directory')
    .requiredOption('--input <file>', 'texts, one a line in UTF-8; - is standard input')
    .requiredOption('--output <file>', 'embeddings; - is standard output (jsonl)')
    .option('--format <name>', 'npy or jsonl; by default what the name of the output says', outputFormat)
    .option('--batch-size <n>', 'at most this many texts in one job', positiveInteger('--batch-size'))
    .option('--normalize', 'scale every embedding to unit length')
    .option('--no-normalize', 'leave embeddings as they are; by default what the model says')
    .option('--threads <n>', 'threads to compute on', positiveInteger('--threads'))
    .option('--quiet', 'no progress, no closing line')
    .action(async (options: Options) => {
      const [{ runEncode }, { Encoder }, { setThreads }] = await Promise.all([
        import('./encode.js'),
        import('../encoder/encoder.js'),
        import('../diagnostics.js'),
      ]);
      if (options.threads !== undefined) setThreads(options.threads);
      await runEncode(options, {
        loadEncoder: (directory) => Encoder.load(directory),
        stderr: process.stderr,
      });
    });
}
