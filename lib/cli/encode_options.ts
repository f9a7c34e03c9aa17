/** What `encode` can be told, and which of it fits together. */

import { ArgumentError, expectation } from '../errors.js';
import {
  type EncodeOptions,
  type EncoderDType,
  type PoolingMode,
  PRECISIONS,
  type Precision,
  RANGED_PRECISIONS,
} from '../models/types.js';
import type { ModelChoice } from './find_model.js';
import type { InputOptions } from './input.js';
import { checkFieldOptions, chooseInputFormat } from './input_format.js';
import { chooseFormat, type OutputFormat } from './output.js';
import type { Shard } from './selection.js';

export interface EncodeCommandOptions extends InputOptions, ModelChoice {
  /** Paths, or - for standard input. */
  input: string | readonly string[];
  /** Path, or - for standard output. */
  output: string;
  format?: OutputFormat;
  batchSize?: number;
  normalize?: boolean;
  dtype?: EncoderDType;
  truncateDim?: number;
  prompt?: string;
  promptName?: string;
  pooling?: PoolingMode | readonly PoolingMode[];
  precision?: Precision;
  /** An npy file [2, dimensions] for the precisions of 8 bits. */
  ranges?: string;
  resume?: boolean;
  /** Seconds between checkpoints. */
  checkpoint?: number;
  shard?: Shard;
}

/** Seconds between checkpoints. */
export const DEFAULT_CHECKPOINT = 5;

export function inputsOf({ input }: Pick<EncodeCommandOptions, 'input'>): readonly string[] {
  return typeof input === 'string' ? [input] : input;
}

/** @throws ArgumentError on options of the inputs that do not fit together */
export function checkInputs(inputs: readonly string[], options: InputOptions): void {
  checkFieldOptions(
    inputs.map((input) => chooseInputFormat(input, options.inputFormat).format),
    options,
  );
  if (inputs.filter((input) => input === '-').length > 1) {
    throw new ArgumentError(expectation('--input', '- once', 'it more than once', 'conflict'));
  }
}

export function needsRanges(precision: Precision): boolean {
  return PRECISIONS[precision].ranges;
}

/**
 * The format of the output.
 * @throws ArgumentError on options that do not fit together
 */
export function checkOptions(options: EncodeCommandOptions): OutputFormat {
  const { output, format, id, precision = 'float32', ranges, resume } = options;
  const inputs = inputsOf(options);
  const chosen = chooseFormat(output, format, id !== undefined);
  checkInputs(inputs, options);
  if (ranges !== undefined && !needsRanges(precision)) {
    throw new ArgumentError(
      expectation('--ranges', `a precision of ${RANGED_PRECISIONS.join(' or ')}`, precision, 'conflict'),
    );
  }
  if (needsRanges(precision) && ranges === undefined && output === '-') {
    // They are written beside the output, and without them its numbers mean nothing.
    throw new ArgumentError(
      expectation('--ranges', `a file for ${precision} on standard output`, 'none', 'missing'),
    );
  }
  if (resume) {
    if (output === '-') {
      throw new ArgumentError(expectation('--output', 'a file for --resume', 'standard output', 'conflict'));
    }
    if (inputs.includes('-')) {
      throw new ArgumentError(expectation('--input', 'files for --resume', 'standard input', 'conflict'));
    }
  } else if (options.checkpoint !== undefined) {
    throw new ArgumentError(
      expectation('--checkpoint', 'the option --resume beside it', 'it alone', 'conflict'),
    );
  }
  return chosen;
}

/** What the encoder is to be told. */
export function encoderOptions(options: EncodeCommandOptions): EncodeOptions {
  const { batchSize, normalize, truncateDim, prompt, promptName, pooling } = options;
  return {
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(normalize === undefined ? {} : { normalize }),
    ...(truncateDim === undefined ? {} : { truncateDim }),
    ...(prompt === undefined ? {} : { prompt }),
    ...(promptName === undefined ? {} : { promptName }),
    ...(pooling === undefined ? {} : { pooling: pooling as PoolingMode }),
  };
}
