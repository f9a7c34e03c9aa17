/** Equality of results to the bit; every NaN is equal to every other. */
export function sameBits(a: Float32Array, b: Float32Array): boolean {
  return (
    a.length === b.length && a.every((x, i) => Object.is(x, b[i]) || (Number.isNaN(x) && Number.isNaN(b[i])))
  );
}
