/** `synthetic-attention encode`: options, and the parts that `runEncode` is made of. */
import { Command } from 'commander';
import { POOLING_MODES, type PoolingMode, PRECISION_NAMES, RANGED_PRECISIONS } from '../models/types.js';
import type { EncodeCommandOptions } from './encode_options.js';
import { oneOf, positiveInteger, refuse } from './option_values.js';
import { OUTPUT_FORMATS } from './output.js';
import type { Shard } from './selection.js';
import { addDtypeOption, addInputOptions, addModelOptions, addRunOptions } from './shared_options.js';

interface Options extends EncodeCommandOptions {
  threads?: number;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value > 86_400) refuse('--checkpoint', 'seconds, at most a day', text);
  return value;
}

function shard(text: string): Shard {
  const [index, count] = (/^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? []).slice(1).map(Number);
  if (index === undefined || count === undefined || index < 1 || index > count) {
    refuse('--shard', 'I/N with I from 1 to N', text);
  }
  return { index, count };
}

function poolings(text: string): PoolingMode | PoolingMode[] {
  const parse = oneOf('--pooling', POOLING_MODES);
  const list = text.split(',').map(parse);
  return list.length === 1 ? list[0]! : list;
}

export function encodeCommand(): Command {
  const command = new Command('encode').description(
    'Embed the texts of files with a sentence-transformers model.',
  );
  addInputOptions(addModelOptions(command))
    .requiredOption('--output <file>', 'embeddings; - is standard output (jsonl)')
    .option(
      '--format <name>',
      `${OUTPUT_FORMATS.join(', ')}; by default what the name of the output says`,
      oneOf('--format', OUTPUT_FORMATS),
    )
    .option('--id <field>', 'jsonl, parquet, arrow: write this field too; line is the number of the record')
    .option('--batch-size <n>', 'at most this many texts in one job', positiveInteger('--batch-size'))
    .option('--prompt <text>', 'put before every text')
    .option('--prompt-name <name>', "one of the model's prompts")
    .option('--pooling <mode>', `${POOLING_MODES.join(', ')}; by default what the model says`, poolings)
    .option('--truncate-dim <n>', 'keep this many leading numbers', positiveInteger('--truncate-dim'))
    .option('--normalize', 'scale every embedding to unit length')
    .option('--no-normalize', 'leave embeddings as they are; by default what the model says')
    .option(
      '--precision <name>',
      `embeddings: ${PRECISION_NAMES.join(', ')} (default: float32)`,
      oneOf('--precision', PRECISION_NAMES),
    )
    .option(
      '--ranges <file>',
      `${RANGED_PRECISIONS.join(', ')}: npy file of ranges; by default from the first 1,024 texts`,
    )
    .option('--shard <i/n>', 'every n-th record alone, from the i-th on', shard)
    .option('--resume', 'go on where the same command was ended, even by force')
    .option('--checkpoint <seconds>', 'with --resume: seconds between checkpoints (default: 5)', seconds);
  return addRunOptions(addDtypeOption(command)).action(async (options: Options) => {
    const [{ runEncode }, { Encoder }, { resolveModel }, { setThreads }] = await Promise.all([
      import('./encode.js'),
      import('../models/encoder.js'),
      import('../hub/resolve.js'),
      import('../diagnostics.js'),
    ]);
    if (options.threads !== undefined) setThreads(options.threads);
    await runEncode(options, {
      findModel: resolveModel,
      loadEncoder: (directory, loading) => Encoder.load(directory, loading),
      stderr: process.stderr,
    });
  });
}
