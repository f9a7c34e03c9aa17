/**
 * Every error class of the package; docs/errors.md has one row for each code. A wrong argument is told as
 * "X: expected ... but received ...", a state in a sentence of its own.
 *
 * The message is for people, and no code reads it. Programs compare three fields, which are stable:
 * - `code`: what kind of error it is, one for each class;
 * - `argument`: the argument that is wrong, or the path of the option, such as `input[3]` or `attention.numHeads`; the
 *   class where an object is used in a wrong state; undefined where the error is about a file or a model;
 * - `reason`: what is wrong with it, one of `REASONS`; undefined where none of these words fits, or `code` says all.
 */

/** What can be wrong with an argument. */
export const REASONS = [
  /** It has another type. */
  'type',
  /** The type is right, and the value is not among those that are taken. */
  'range',
  /** It has too many or too few characters, tokens, items or bytes. */
  'length',
  /** Nothing has this name: an option, a prompt, a column. */
  'unknown',
  /** It is not there, and has no default. */
  'missing',
  /** It does not go together with another argument. */
  'conflict',
  /** It holds token ids that the model does not have. */
  'vocabulary',
  /** The memory of an array was transferred, detached or resized. */
  'buffer',
] as const;

export type Reason = (typeof REASONS)[number];

export interface ErrorDetails extends ErrorOptions {
  argument?: string | undefined;
  reason?: Reason | undefined;
}

/** The one sentence about a wrong value, in its parts, so that an error can be told again in other words. */
export class Expectation {
  constructor(
    readonly subject: string,
    readonly expected: string,
    readonly received: string,
    readonly reason?: Reason,
  ) {}

  toString(): string {
    return `${this.subject}: expected ${this.expected} but received ${this.received}`;
  }
}

/** The sentences of errors. Not a property, which would be printed with every error. */
const expectations = new WeakMap<Error, Expectation>();

/** Base of all errors that the package throws on purpose. */
export class SyntheticAttentionError extends Error {
  readonly code: string;
  // Declared alone: where there is none, the error has no such property, and none is printed.
  declare readonly argument?: string;
  declare readonly reason?: Reason;

  constructor(code: string, message: string | Expectation, options: ErrorDetails = {}) {
    super(String(message), 'cause' in options ? { cause: options.cause } : undefined);
    this.name = new.target.name;
    this.code = code;
    const { argument } = options;
    const reason = options.reason ?? (message instanceof Expectation ? message.reason : undefined);
    if (argument !== undefined) this.argument = argument;
    if (reason !== undefined) this.reason = reason;
    if (message instanceof Expectation) expectations.set(this, message);
  }
}

/** The parts of the error's sentence; undefined where it is one of another kind. */
export function expectationOf(error: unknown): Expectation | undefined {
  return error instanceof Error ? expectations.get(error) : undefined;
}

/** The same error in other words; the first one is its cause. Only for classes that take a message and options. */
export function restated(
  error: SyntheticAttentionError,
  message: string | Expectation,
): SyntheticAttentionError {
  const ErrorClass = error.constructor as new (
    message: string | Expectation,
    options: ErrorDetails,
  ) => SyntheticAttentionError;
  return new ErrorClass(message, { cause: error, argument: error.argument, reason: error.reason });
}

/** The argument is the subject of the sentence where the caller names no other. */
function aboutArgument(message: string | Expectation, options: ErrorDetails | undefined): ErrorDetails {
  if (options?.argument !== undefined || !(message instanceof Expectation)) return options ?? {};
  return { ...options, argument: message.subject };
}

/** An argument or option of the wrong type or outside of its range. */
export class ArgumentError extends SyntheticAttentionError {
  constructor(message: string | Expectation, options?: ErrorDetails) {
    super('ERR_ARGUMENT', message, aboutArgument(message, options));
  }
}

/** Tensors whose shapes do not fit together, or a shape that does not fit its data. */
export class ShapeError extends SyntheticAttentionError {
  constructor(message: string | Expectation, options?: ErrorDetails) {
    super('ERR_SHAPE', message, aboutArgument(message, options));
  }
}

/** A file whose bytes break the rules of its format. */
export class FormatError extends SyntheticAttentionError {
  constructor(message: string | Expectation, options?: ErrorDetails) {
    super('ERR_FORMAT', message, options);
  }
}

/** A model directory that is missing, incomplete or of an architecture that is not supported. */
export class ModelError extends SyntheticAttentionError {
  constructor(message: string | Expectation, options?: ErrorDetails) {
    super('ERR_MODEL', message, options);
  }
}

/** The model gives a number that is not finite (NaN or an infinity) for a text, which therefore has no result. */
export class NonFiniteError extends SyntheticAttentionError {
  /** @param index of the text in what the caller gave */
  constructor(
    message: string,
    readonly index: number,
    options?: ErrorOptions,
  ) {
    super('ERR_NOT_FINITE', message, options);
  }
}

/** An input or output file that cannot be read or written. */
export class FileError extends SyntheticAttentionError {
  constructor(message: string | Expectation, options?: ErrorDetails) {
    super('ERR_FILE', message, options);
  }
}

/** An output that another run is writing at the moment. */
export class OutputBusyError extends FileError {
  /** Process id of the other run, on its own machine; undefined if it is not known. */
  readonly pid: number | undefined;
  constructor(message: string | Expectation, pid: number | undefined, options?: ErrorDetails) {
    super(message, options);
    this.pid = pid;
  }
}

/** A layer, matrix or model that was used after `dispose()`. */
export class DisposedError extends SyntheticAttentionError {
  constructor(message: string | Expectation, options?: ErrorDetails) {
    super('ERR_DISPOSED', message, options);
  }
}

/** The system has no memory for a result, or for the work on it. */
export class MemoryError extends SyntheticAttentionError {
  constructor(message: string | Expectation, options?: ErrorDetails) {
    super('ERR_MEMORY', message, options);
  }
}

/** What only native code can notice; its own checks repeat those before it, so that this is rare. */
export class NativeError extends SyntheticAttentionError {
  constructor(message: string | Expectation, options?: ErrorDetails) {
    super('ERR_NATIVE', message, aboutArgument(message, options));
  }
}

/** A file that was tried as the native addon, and why it is not the one for this process. */
export interface AddonAttempt {
  path: string;
  /** `unloadable`: the system refuses the file, or it is no addon of this package. */
  reason: 'missing' | 'system' | 'architecture' | 'libc' | 'unloadable';
  /** The reason in words. */
  message: string;
}

/** The native addon is missing or does not load on this machine. */
export class NativeLoadError extends SyntheticAttentionError {
  /** What an addon has to be built for here, such as linux-x64-musl; undefined when one has loaded and then failed. */
  readonly platform: string | undefined;
  /** The files that were tried, in order. */
  readonly tried: readonly AddonAttempt[];
  constructor(
    message: string,
    options: ErrorOptions & { platform?: string; tried?: readonly AddonAttempt[] } = {},
  ) {
    super('ERR_NATIVE_LOAD', message, options);
    this.platform = options.platform;
    this.tried = options.tried ?? [];
  }
}

/** The one sentence that every check uses. */
export function expectation(
  subject: string,
  expected: string,
  received: string,
  reason?: Reason,
): Expectation {
  return new Expectation(subject, expected, received, reason);
}

/** The sentence of every use after `dispose()`. @param subject such as "this Encoder" */
export function disposed(subject: string): DisposedError {
  return new DisposedError(`${subject} cannot be used any more: it has been disposed`);
}

/** A short, safe description of any value, for the "received" half of an error. It never throws. */
export function describe(value: unknown): string {
  try {
    return description(value);
  } catch {
    // A Proxy or a getter of the caller's: the error about its value counts for more than its own.
    return 'an object';
  }
}

function description(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') {
    return value.length > 60 ? `a string of ${value.length} characters` : JSON.stringify(value);
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') {
    const digits = String(value);
    return digits.length > 60 ? 'a large bigint' : digits;
  }
  if (typeof value === 'symbol') return 'a symbol';
  if (Array.isArray(value)) {
    return value.length <= 8 && value.every((v) => typeof v === 'number')
      ? `[${value.join(', ')}]`
      : `an array of ${value.length}`;
  }
  if (typeof value === 'function') return `a function`;
  const name: unknown = (value as object).constructor?.name;
  return `an instance of ${typeof name === 'string' && name !== '' && name.length <= 60 ? name : 'Object'}`;
}
