/** Positions that no mask lets take part: they hold zeros for the layer, so that neither results nor gradients see them. */
import { tf } from '../tensorflow.js';
import type { AttentionCall } from './attention_call.js';
import { isTame, keepAllowed } from './masked_operations.js';
import { hidesKeys, usedPositions } from './pairs.js';
import type { TensorSequence } from './sequence.js';

export interface Roles {
  query: TensorSequence;
  key: TensorSequence;
  value: TensorSequence;
}

/**
 * The inputs with zeros in queries that attend nothing, and in keys and values that nothing attends. Weights of 0 do that
 * for numbers, so that only what holds a NaN, an infinity or a number near the largest is looked at.
 */
export function withoutHidden(call: AttentionCall, roles: Roles): Roles {
  if (!hidesKeys(call) || [roles.query, roles.key, roles.value].every(({ rows }) => isTame(rows)))
    return roles;
  const used = usedPositions(call);
  const cleaned = (sequence: TensorSequence, kept: Uint8Array): TensorSequence => {
    const allowed = tf.tensor(kept, [sequence.batch, sequence.length, 1], 'bool');
    return { ...sequence, rows: keepAllowed(allowed, sequence.rows, 0) as tf.Tensor3D };
  };
  return {
    query: cleaned(roles.query, used.queries),
    key: cleaned(roles.key, used.keys),
    value: cleaned(roles.value, used.keys),
  };
}
