/** `synthetic-attention convert`: a model directory with weights of another type, or with static heads. */
import { Command } from 'commander';
import { ArgumentError, expectation } from '../errors.js';
import { ENCODER_DTYPES, type EncoderDType } from '../models/types.js';
import { guardInterrupts } from './interrupt.js';
import { oneOf, positiveInteger } from './option_values.js';
import type { SynthesizeCommandOptions } from './synthesize.js';

interface Options extends Omit<SynthesizeCommandOptions, 'dtype' | 'input'> {
  dtype: EncoderDType;
  synthesize?: boolean;
  input?: string[];
}

/** What most want stands first. */
const DTYPES: readonly EncoderDType[] = [...ENCODER_DTYPES].reverse();

/** What makes no sense without --synthesize. */
const SYNTHESIS = ['input', 'heads', 'share', 'texts', 'calibration', 'ranking'] as const;
const CALIBRATIONS = ['mean-logits', 'mean-attention', 'likelihood'] as const;
const RANKINGS = ['effect', 'divergence', 'variance'] as const;

function integers(name: string, expected: string): (text: string) => number[] {
  return (text) =>
    text.split(',').map((part) => {
      const value = Number(part);
      if (/^\d{1,9}$/.test(part) && value > 0) return value;
      throw new ArgumentError(expectation(name, expected, JSON.stringify(text), 'range'));
    });
}

function shares(text: string): number[] {
  return text.split(',').map((part) => {
    const value = Number(part);
    if (/^\d*\.?\d+$/.test(part) && value > 0 && value <= 1) return value;
    throw new ArgumentError(
      expectation('--share', 'numbers above 0 and at most 1, with commas', JSON.stringify(text), 'range'),
    );
  });
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

async function convertWeights({ model, output, dtype }: Options, signal: AbortSignal): Promise<void> {
  const { convertModel } = await import('../models/convert/convert.js');
  const { tensors, before, after } = await convertModel(model, output, { dtype, signal });
  process.stderr.write(
    `converted ${tensors} tensors to ${dtype}: ${megabytes(before)} -> ${megabytes(after)} -> ${output}\n`,
  );
}

async function synthesize(options: Options, typed: boolean, signal: AbortSignal): Promise<void> {
  const { dtype, input, ...rest } = options;
  if (input === undefined)
    throw new ArgumentError(expectation('--input', 'texts for --synthesize', 'none', 'missing'));
  const { runSynthesize } = await import('./synthesize.js');
  await runSynthesize(
    { ...rest, input, ...(typed ? { dtype } : {}) },
    process.stdout,
    process.stderr,
    signal,
  );
}

export function convertCommand(): Command {
  return new Command('convert')
    .description(
      'Write a model directory anew: its weights in 8 bits, a quarter of the size, loaded as int8; ' +
        'or, with --synthesize, its most static attention heads as tables by position.',
    )
    .requiredOption('--model <dir>', 'model directory')
    .requiredOption('--output <dir>', 'directory to write, which must not be there yet')
    .option(
      '--dtype <name>',
      `${DTYPES.join(', or ')} to go back; with --synthesize by default as the model has it`,
      oneOf('--dtype', DTYPES),
      'int8',
    )
    .option('--synthesize', 'replace heads that hardly depend on the text, without training')
    .option('--input <file...>', 'with --synthesize: texts, a line each; - is standard input')
    .option(
      '--share <list>',
      'shares of the heads to replace, such as 0.25,0.5: all are measured, the last is written (default: 0.25)',
      shares,
    )
    .option(
      '--heads <list>',
      'the same by numbers of heads',
      integers('--heads', 'positive integers, with commas'),
    )
    .option(
      '--texts <n>',
      'read this many texts, every fifth to measure on (default: 5000)',
      positiveInteger('--texts'),
    )
    .option(
      '--calibration <name>',
      `how tables are made: ${CALIBRATIONS.join(', ')}`,
      oneOf('--calibration', CALIBRATIONS),
    )
    .option(
      '--ranking <name>',
      `which heads come first: ${RANKINGS.join(', ')}`,
      oneOf('--ranking', RANKINGS),
    )
    .action(async (options: Options, command: Command) => {
      const lone = SYNTHESIS.find((name) => options[name] !== undefined);
      if (!options.synthesize && lone !== undefined) {
        throw new ArgumentError(
          expectation(`--${lone}`, '--synthesize beside it', 'no such option', 'conflict'),
        );
      }
      if (options.heads !== undefined && options.share !== undefined) {
        throw new ArgumentError(expectation('--heads', 'either it or --share', 'both', 'conflict'));
      }
      const guard = guardInterrupts(() => {});
      try {
        if (options.synthesize) {
          await synthesize(options, command.getOptionValueSource('dtype') === 'cli', guard.signal);
        } else {
          await convertWeights(options, guard.signal);
        }
      } finally {
        guard.release();
      }
    });
}
