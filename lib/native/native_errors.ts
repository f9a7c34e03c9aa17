/** Errors of the addon as the package's own: it knows no classes of JavaScript and marks them by their code. */
import { NativeError } from '../errors.js';
import type { NativeAddon } from './addon.js';

/** Every function of the addon has one argument. */
type Function_ = (options?: unknown) => unknown;

/** Errors of getters that native code ran into are the caller's, and pass. */
function typed(error: unknown): unknown {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: string };
  return code === 'ERR_NATIVE' && !(error instanceof NativeError)
    ? new NativeError(String(message), { cause: error })
    : error;
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

/** The addon, all of whose errors are NativeErrors. */
export function withTypedErrors(addon: NativeAddon): NativeAddon {
  const entries = Object.entries(addon).map(([name, value]) => [name, wrapped(name, value)]);
  return Object.fromEntries(entries) as NativeAddon;
}
