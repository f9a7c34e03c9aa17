/** Errors of the addon as the package's own: it knows no classes of JavaScript and marks them by their code. */
import {
  ArgumentError,
  DisposedError,
  type ErrorDetails,
  type Expectation,
  expectation,
  MemoryError,
  NativeError,
} from '../errors.js';
import type { NativeAddon } from './addon.js';

/** Every function of the addon takes options; an asynchronous one also the list of arrays that are the package's own. */
type Function_ = (options?: unknown, own?: unknown) => unknown;

/** What the addon's errors have; `argument`, `expected` and `received` where they are about an argument. */
interface Thrown {
  code?: unknown;
  message?: string;
  reason?: unknown;
  argument?: string;
  expected?: string;
  received?: string;
}

/**
 * The classes by the addon's `reason`: it has no memory, the caller took an array away while it was read, or gave an
 * object's memory back.
 */
const CLASSES: Readonly<Record<string, new (message: string | Expectation, options: ErrorDetails) => Error>> =
  {
    memory: MemoryError,
    buffer: ArgumentError,
    disposed: DisposedError,
  };

/** Errors of getters that native code ran into are the caller's, and pass. */
function typed(error: unknown): unknown {
  const { code, message, reason, argument, expected, received } = (error ?? {}) as Thrown;
  if (code !== 'ERR_NATIVE' || error instanceof NativeError) return error;
  const told =
    argument !== undefined && expected !== undefined && received !== undefined
      ? expectation(argument, expected, received)
      : String(message);
  const details: ErrorDetails = { cause: error, argument };
  if (reason === 'buffer') details.reason = reason;
  return new (CLASSES[String(reason)] ?? NativeError)(told, details);
}

function fail(error: unknown): never {
  throw typed(error);
}

function wrappedFunction(act: Function_): Function_ {
  return (options) => {
    try {
      return act(options);
    } catch (error) {
      return fail(error);
    }
  };
}

/** Wrong arguments are thrown by the call itself, the failure of a job rejects its promise. */
function wrappedAsync(act: Function_): Function_ {
  return (options, own) => {
    try {
      return (act(options, own) as Promise<unknown>).catch(fail);
    } catch (error) {
      return fail(error);
    }
  };
}

function wrappedClass(NativeClass: new (...args: unknown[]) => object): object {
  return new Proxy(NativeClass, {
    construct(target, args, newTarget) {
      try {
        return Reflect.construct(target, args, newTarget) as object;
      } catch (error) {
        return fail(error);
      }
    },
  });
}

function wrapped(name: string, value: unknown): unknown {
  if (typeof value !== 'function') return value;
  if (/^[A-Z]/.test(name)) return wrappedClass(value as new () => object);
  return name.endsWith('Async') ? wrappedAsync(value as Function_) : wrappedFunction(value as Function_);
}

/** The addon, whose errors are the package's own. */
export function withTypedErrors(addon: NativeAddon): NativeAddon {
  const entries = Object.entries(addon).map(([name, value]) => [name, wrapped(name, value)]);
  return Object.fromEntries(entries) as NativeAddon;
}
