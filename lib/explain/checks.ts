/** Checks of what an explanation is made of. */
import { types } from 'node:util';
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { allItems } from '../options.js';
import { checkFiniteNumber, checkPositiveInteger, sizeOf } from '../tensor/shape.js';
import type { ExplainedLayer, ExplainedPart } from './explained.js';

/** A softmax may round a weight up to a little more than 1. */
const MOST = 1 + 1e-5;

export function checkString(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new ArgumentError(expectation(name, 'a string', describe(value)));
  return value;
}

function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    throw new ArgumentError(expectation(name, 'an object', describe(value)));
  }
}

function checkPart(owner: string, layer: ExplainedLayer, part: ExplainedPart): void {
  checkObject(owner, part);
  const name = `${layer.name}: weights of ${checkString(`${owner}.name`, part.name)}`;
  if (part.mix !== undefined) checkFiniteNumber(`${owner}.mix`, part.mix);
  const { weights } = part;
  if (!types.isFloat32Array(weights)) {
    throw new ArgumentError(expectation(name, 'a Float32Array', describe(weights)));
  }
  const size = sizeOf([layer.heads, layer.queries, layer.keys]);
  if (weights.length !== size) {
    throw new ShapeError(expectation(name, `${size} elements`, String(weights.length)));
  }
  // The negation catches NaN too.
  const wrong = weights.findIndex((weight) => !(weight >= 0 && weight <= MOST));
  if (wrong >= 0) {
    throw new ArgumentError(expectation(name, 'numbers from 0 to 1', `${weights[wrong]} at ${wrong}`));
  }
}

function checkList(name: string, list: unknown, expected: string): void {
  if (!Array.isArray(list) || list.length === 0) {
    throw new ArgumentError(expectation(name, expected, describe(list)));
  }
}

export function checkLayers(layers: readonly ExplainedLayer[]): void {
  checkList('layers', layers, 'one layer or more');
  const [first] = layers as [ExplainedLayer];
  for (const [i, layer] of layers.entries()) {
    checkObject(`layers[${i}]`, layer);
    const name = checkString(`layers[${i}].name`, layer.name);
    checkString(`${name}: kind`, layer.kind);
    for (const size of ['heads', 'queries', 'keys'] as const) {
      checkPositiveInteger(`${name}: ${size}`, layer[size]);
    }
    if (layer.queries !== first.queries || layer.keys !== first.keys) {
      const expected = `${first.queries} queries and ${first.keys} keys, as the first layer`;
      throw new ShapeError(expectation(name, expected, `${layer.queries} and ${layer.keys}`));
    }
    checkList(`${name}: parts`, layer.parts, 'one part or more');
    for (const [p, part] of layer.parts.entries()) checkPart(`${name}: parts[${p}]`, layer, part);
  }
}

/** Tokens as they came, or the numbers of their positions. */
export function checkTokens(name: string, tokens: unknown, count: number): string[] {
  if (tokens === undefined) return Array.from({ length: count }, (_, i) => String(i));
  if (!Array.isArray(tokens) || !allItems(tokens, (token) => typeof token === 'string')) {
    throw new ArgumentError(expectation(name, 'an array of strings', describe(tokens)));
  }
  if (tokens.length !== count) {
    throw new ShapeError(expectation(name, `${count} tokens`, String(tokens.length)));
  }
  return [...tokens];
}
