/** Errors of the addon as the package's own: it knows no classes of JavaScript and marks them by their code. */
import { ArgumentError, MemoryError, NativeError } from '../errors.js';
import type { NativeAddon } from './addon.js';

/** Every function of the addon has one argument. */
type Function_ = (options?: unknown) => unknown;

/** The classes by the addon's `reason`: it has no memory, or the caller took an array away while it was read. */
const CLASSES: Readonly<Record<string, new (message: string, options: ErrorOptions) => Error>> = {
  memory: MemoryError,
  buffer: ArgumentError,
};

/** Errors of getters that native code ran into are the caller's, and pass. */
function typed(error: unknown): unknown {
  const { code, message, reason } = (error ?? {}) as { code?: unknown; message?: string; reason?: unknown };
  if (code !== 'ERR_NATIVE' || error instanceof NativeError) return error;
  return new (CLASSES[String(reason)] ?? NativeError)(String(message), { cause: error });
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
  const start = wrappedFunction(act);
  return (options) => (start(options) as Promise<unknown>).catch(fail);
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
