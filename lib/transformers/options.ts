/** Options of `pipeline`, by transformers.js' names, checked. */

import { ArgumentError, describe, expectation } from '../errors.js';
import type { EncoderDType } from '../models/types.js';
import { checkOptions, optionNames } from '../options.js';
import type { ProgressCallback } from './progress.js';

/** Names of number formats that mean something here, transformers.js' and our own; 4-bit weights do not exist. */
const DTYPES = {
  auto: 'float32',
  fp32: 'float32',
  float32: 'float32',
  fp16: 'float32',
  q8: 'int8',
  int8: 'int8',
  uint8: 'int8',
} as const satisfies Record<EncoderDType, EncoderDType> & Record<string, EncoderDType>;

const DEVICES = ['auto', 'cpu', 'wasm'] as const;

export type PipelineDType = keyof typeof DTYPES;
export type DeviceType = (typeof DEVICES)[number];

type OrNull<T> = T | null | undefined;

export interface PretrainedModelOptions {
  /** fp32 by default, as in transformers.js under Node; fp16 is computed in float32. */
  dtype?: OrNull<PipelineDType | Record<string, PipelineDType>>;
  revision?: OrNull<string>;
  cache_dir?: OrNull<string>;
  local_files_only?: OrNull<boolean>;
  progress_callback?: OrNull<ProgressCallback>;
  device?: OrNull<DeviceType | Record<string, DeviceType>>;
  /** These speak of ONNX files and ONNX Runtime; they are taken and not read. */
  config?: unknown;
  subfolder?: OrNull<string>;
  model_file_name?: OrNull<string>;
  use_external_data_format?: unknown;
  session_options?: unknown;
  /** Of transformers.js 2 and of other tokenizers; today's reads neither. */
  quantized?: unknown;
  legacy?: unknown;
}

const PRETRAINED = optionNames<keyof PretrainedModelOptions>()(
  'dtype',
  'revision',
  'cache_dir',
  'local_files_only',
  'progress_callback',
  'device',
  'config',
  'subfolder',
  'model_file_name',
  'use_external_data_format',
  'session_options',
  'quantized',
  'legacy',
);

/** What a model is loaded with. Options that transformers.js itself takes and this package has no use for are taken. */
export function checkPretrained(where: string, options: unknown): void {
  checkOptions(where, PRETRAINED, options);
  const { cache_dir, revision, local_files_only, progress_callback } = (options ?? {}) as Record<
    string,
    unknown
  >;
  for (const [name, value, type] of [
    ['cache_dir', cache_dir, 'string'],
    ['revision', revision, 'string'],
    ['local_files_only', local_files_only, 'boolean'],
    ['progress_callback', progress_callback, 'function'],
  ] as const) {
    if (value !== undefined && value !== null && typeof value !== type) {
      throw new ArgumentError(expectation(name, `a ${type} or null`, describe(value), 'type'));
    }
  }
}

/** transformers.js takes one value for all files of a model, or one for each; an encoder's file is `model`. */
function forModel(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (value as { model?: unknown }).model : value;
}

export function encoderDType(dtype: PretrainedModelOptions['dtype']): EncoderDType {
  const name = forModel(dtype) ?? 'auto';
  if (typeof name !== 'string' || !Object.hasOwn(DTYPES, name)) {
    const known = Object.keys(DTYPES).join(', ');
    throw new ArgumentError(expectation('dtype', `one of ${known}`, describe(name), 'range'));
  }
  return DTYPES[name as PipelineDType];
}

export function checkDevice(device: PretrainedModelOptions['device']): void {
  const name = forModel(device) ?? 'auto';
  if (!(DEVICES as readonly unknown[]).includes(name)) {
    const expected = `one of ${DEVICES.join(', ')} (models run on the CPU)`;
    throw new ArgumentError(expectation('device', expected, describe(name), 'range'));
  }
}

export function checkTexts(texts: unknown): readonly string[] {
  const list = typeof texts === 'string' ? [texts] : texts;
  if (!Array.isArray(list)) {
    throw new ArgumentError(expectation('texts', 'a string or an array of strings', describe(texts), 'type'));
  }
  const bad = list.findIndex((text) => typeof text !== 'string');
  if (bad >= 0)
    throw new ArgumentError(expectation(`texts[${bad}]`, 'a string', describe(list[bad]), 'type'));
  return list as string[];
}

/** How many results a text gets: a positive integer, or null for all. */
export function checkTopK(value: unknown): number {
  if (value === null) return Number.POSITIVE_INFINITY;
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw new ArgumentError(expectation('top_k', 'a positive integer or null', describe(value), 'range'));
  }
  return value as number;
}
