import { describe } from '../errors.js';
import { quoteName } from './quote_name.js';

/** `describe` for values out of files: strings cannot steer a terminal, and arrays and objects are called so. */
export function describeJson(value: unknown): string {
  if (typeof value === 'string') return value.length > 60 ? describe(value) : quoteName(value);
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Uint8Array) return 'bytes';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (value === undefined) return 'nothing there';
  return describe(value);
}
