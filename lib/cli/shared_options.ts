/** Options that commands have in common: which model, and which texts. */
import type { Command } from 'commander';
import { DEFAULT_MODEL } from '../hub/packaged.js';
import { ENCODER_DTYPES } from '../models/types.js';
import { INPUT_FORMATS } from './input_format.js';
import { oneOf, positiveInteger } from './option_values.js';

export function addModelOptions(command: Command): Command {
  return command
    .option(
      '--model <model>',
      'a directory, or a name such as org/model at the Hugging Face hub',
      DEFAULT_MODEL,
    )
    .option('--revision <name>', 'branch, tag or commit of a model by name (default: main)')
    .option('--offline', 'take a model by name from the cache, and fetch nothing');
}

export function addInputOptions(command: Command): Command {
  return command
    .requiredOption('--input <file...>', 'texts in UTF-8, file after file; - is standard input')
    .option(
      '--input-format <name>',
      `${INPUT_FORMATS.join(', ')}; by default what the names of the inputs say, else lines`,
      oneOf('--input-format', INPUT_FORMATS),
    )
    .option('--field <name>', 'jsonl: field with the text, dots lead inwards (default: text)')
    .option('--column <name>', 'csv, tsv, parquet: column with the text, or its number (default: text)')
    .option('--no-header', 'csv, tsv: the first record is a text like all others');
}

export function addRunOptions(command: Command): Command {
  return command
    .option('--threads <n>', 'threads to compute on', positiveInteger('--threads'))
    .option('--quiet', 'no progress, no closing line');
}

export function addDtypeOption(command: Command): Command {
  return command.option(
    '--dtype <name>',
    `weights: ${ENCODER_DTYPES.join(' or ')}`,
    oneOf('--dtype', ENCODER_DTYPES),
  );
}
