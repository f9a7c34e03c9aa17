/** Rotary positions as configurations give them. */
import { describe, expectation, ModelError } from '../../errors.js';
import type { JsonObject } from '../directory/json_file.js';
import { positiveNumber } from './config.js';
import type { TransformerParts } from './transformer_parts.js';

export type Rotary = TransformerParts['rotary'][number];

/**
 * `rope_parameters` (transformers 5), or `rope_theta` and `rope_scaling` (before).
 * @param size elements of a head that turn
 */
export function rotaryOf(config: JsonObject, size: number, fallback: number): Rotary {
  const parameters = config.optionalObject('rope_parameters') ?? config.optionalObject('rope_scaling');
  const outer = positiveNumber(config, 'rope_theta', fallback);
  const theta = parameters === undefined ? outer : positiveNumber(parameters, 'rope_theta', outer);
  const type = parameters?.get('rope_type') ?? parameters?.get('type') ?? 'default';
  if (type === 'default') return { size, theta, divisor: 1 };
  if (parameters !== undefined && type === 'ntk' && (parameters.get('mixed_b') ?? null) === null) {
    // Alibaba-NLP/new-impl: theta grows by the factor, and all frequencies shrink by factor^(2 / size).
    const factor = positiveNumber(parameters, 'factor', 1);
    const grown = theta * factor;
    if (!Number.isFinite(Math.fround(grown))) parameters.fail('factor', 'a smaller number');
    return { size, theta: grown, divisor: factor ** (2 / size) };
  }
  throw new ModelError(
    expectation(
      parameters?.source ?? config.source,
      'rotary positions of type default or ntk',
      describe(type),
    ),
  );
}
