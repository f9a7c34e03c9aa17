/** What the wrapping of the addon hands down and turns into the package's errors. */
import { describe, expect, it } from '@jest/globals';
import { ArgumentError, DisposedError, MemoryError, NativeError } from '../../../lib/errors.js';
import * as kernels from '../../../lib/kernels/index.js';
import type { NativeAddon } from '../../../lib/native/addon.js';
import { withTypedErrors } from '../../../lib/native/native_errors.js';

const failure = (reason: string) => Object.assign(new Error('no'), { code: 'ERR_NATIVE', reason });

describe('the addon, wrapped', () => {
  it('gets the list of own arrays, so that these are not copied', async () => {
    const received: unknown[] = [];
    const wrapped = withTypedErrors({
      gateAsync: async (...given: unknown[]) => received.push(...given),
    } as unknown as NativeAddon) as unknown as { gateAsync(options: object, own: unknown[]): Promise<void> };
    const own = [new Float32Array(1)];
    const options = {};
    await wrapped.gateAsync(options, own);
    expect(received).toHaveLength(2);
    expect(received[0]).toBe(options);
    expect(received[1]).toBe(own);
  });

  it.each([
    ['memory', MemoryError],
    ['buffer', ArgumentError],
    ['disposed', DisposedError],
    ['argument', NativeError],
  ])('tells the reason %s by its class', async (reason, ErrorClass) => {
    const fail = () => {
      throw failure(reason);
    };
    const wrapped = withTypedErrors({
      gate: fail,
      gateAsync: fail,
      matmulAsync: () => Promise.reject(failure(reason)),
    } as unknown as NativeAddon) as unknown as Record<string, () => Promise<void>>;
    expect(wrapped.gate).toThrow(ErrorClass);
    expect(wrapped.gateAsync).toThrow(ErrorClass);
    await expect(wrapped.matmulAsync!()).rejects.toThrow(ErrorClass);
  });
});

it('a matrix that is disposed of between the steps of a call is told as such', async () => {
  // Batches of both operands that broadcast take a product each.
  const a = { data: new Float32Array(2 * 2 * 5 * 11), shape: [2, 2, 5, 11] };
  const packed = new kernels.PackedMatrix({ data: new Float32Array(2 * 11 * 10), shape: [2, 11, 10] });
  const call = kernels.matmulAsync(a, packed);
  packed.dispose();
  await expect(call).rejects.toThrow(DisposedError);
});
