/**
 * Every error class of the package; docs/errors.md has one row for each code. A wrong argument is told as
 * "X: expected ... but received ...", a state in a sentence of its own.
 */

/** Base of all errors that the package throws on purpose; `code` is stable, the message is for people. */
export class SyntheticAttentionError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An argument or option of the wrong type or outside of its range. */
export class ArgumentError extends SyntheticAttentionError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_ARGUMENT', message, options);
  }
}

/** Tensors whose shapes do not fit together, or a shape that does not fit its data. */
export class ShapeError extends SyntheticAttentionError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_SHAPE', message, options);
  }
}

/** A file whose bytes break the rules of its format. */
export class FormatError extends SyntheticAttentionError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_FORMAT', message, options);
  }
}

/** A model directory that is missing, incomplete or of an architecture that is not supported. */
export class ModelError extends SyntheticAttentionError {
  constructor(message: string, options?: ErrorOptions) {
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
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_FILE', message, options);
  }
}

/** An output that another run is writing at the moment. */
export class OutputBusyError extends FileError {
  /** Process id of the other run, on its own machine; undefined if it is not known. */
  readonly pid: number | undefined;
  constructor(message: string, pid: number | undefined, options?: ErrorOptions) {
    super(message, options);
    this.pid = pid;
  }
}

/** A layer, matrix or model that was used after `dispose()`. */
export class DisposedError extends SyntheticAttentionError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_DISPOSED', message, options);
  }
}

/** The system has no memory for a result, or for the work on it. */
export class MemoryError extends SyntheticAttentionError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MEMORY', message, options);
  }
}

/** What only native code can notice; its own checks repeat those before it, so that this is rare. */
export class NativeError extends SyntheticAttentionError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_NATIVE', message, options);
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
export function expectation(subject: string, expected: string, received: string): string {
  return `${subject}: expected ${expected} but received ${received}`;
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
