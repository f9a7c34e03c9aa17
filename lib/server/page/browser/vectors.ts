/** Embeddings, as the server writes them. */

/** @param base64 float32, little-endian. @returns the vector scaled to length 1, so that a product is a cosine */
export function unitVector(base64: string): Float64Array {
  const text = atob(base64);
  const view = new DataView(new ArrayBuffer(text.length));
  for (let i = 0; i < text.length; i++) view.setUint8(i, text.charCodeAt(i));
  const vector = Float64Array.from({ length: text.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
  const length = Math.hypot(...vector) || 1;
  return vector.map((x) => x / length);
}

/** Of two vectors of length 1. */
export function cosine(a: Float64Array, b: Float64Array): number {
  const sum = a.reduce((total, x, i) => total + x * b[i]!, 0);
  return Math.min(1, Math.max(-1, sum));
}
