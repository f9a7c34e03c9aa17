/**
 * Which axes of an input are attended and which only repeat the layer (Keras' attention_axes). Inside, everything
 * is [batch, length, features]: batch axes flattened, then attention axes flattened, both row-major.
 */
import { ArgumentError, expectation, ShapeError } from '../errors.js';
import { inverseOrder, permute } from '../tensor/permute.js';
import { checkMinimumRank, type Shape, shapeText, sizeOf } from '../tensor/shape.js';
import { checkTensor, Tensor, type TensorLike } from '../tensor/tensor.js';

/**
 * 'last': the axis before the features, as in Keras' Attention; null: all but the first and the last, as in Keras'
 * MultiHeadAttention; a list: these.
 */
export type AttentionAxes = readonly number[] | 'last' | null;

/** An input with its axes sorted out. */
export interface Axes {
  /** Sizes of the batch axes and of the attention axes. */
  batch: readonly number[];
  length: readonly number[];
  /** Batch axes, attention axes, features: their places in the input. */
  order: readonly number[];
  /** Whether the input lies in memory like that already. */
  ordered: boolean;
}

/** An input as rows [batch, length, features]; `axes` are those of the tensor it came as. */
export interface Sequence {
  data: Float32Array;
  batch: number;
  length: number;
  features: number;
  axes: Axes;
}

function attended(name: string, shape: Shape, axes: AttentionAxes): number[] {
  if (axes === 'last') return [shape.length - 2];
  if (axes === null) return shape.slice(1, -1).map((_, i) => i + 1);
  const places = axes.map((axis) => (axis < 0 ? shape.length + axis : axis));
  const valid =
    places.every((axis) => axis > 0 && axis < shape.length - 1) && new Set(places).size === places.length;
  if (!valid) {
    const expected = `different axes of ${name} ${shapeText(shape)} without the first and the last`;
    throw new ArgumentError(expectation('attentionAxes', expected, shapeText(axes)));
  }
  return places;
}

export function axesOf(name: string, shape: Shape, attentionAxes: AttentionAxes): Axes {
  checkMinimumRank(name, shape, 3, '[batch, ..., length, features]');
  const places = attended(name, shape, attentionAxes);
  const others = shape.slice(0, -1).flatMap((_, axis) => (places.includes(axis) ? [] : [axis]));
  const order = [...others, ...places, shape.length - 1];
  return {
    batch: others.map((axis) => shape[axis]!),
    length: places.map((axis) => shape[axis]!),
    order,
    ordered: order.every((axis, i) => axis === i),
  };
}

/** The input as [batch, length, features]; a copy only where its axes are not in this order. */
export function toSequence(name: string, value: TensorLike, attentionAxes: AttentionAxes): Sequence {
  const { data, shape } = checkTensor(name, value);
  const axes = axesOf(name, shape, attentionAxes);
  return {
    data: axes.ordered ? data : permute(data, shape, axes.order).data,
    batch: sizeOf(axes.batch),
    length: sizeOf(axes.length),
    features: shape.at(-1)!,
    axes,
  };
}

/** The way back: rows [batch * length, ...tail] to the order of the input's axes. */
export function fromSequence(
  data: Float32Array,
  { batch, length, order, ordered }: Axes,
  tail: Shape,
): Tensor {
  const sizes = [...batch, ...length, ...tail];
  if (ordered) return new Tensor(data, sizes);
  const back = inverseOrder(order.slice(0, -1));
  const whole = [...back, ...tail.map((_, i) => back.length + i)];
  const { data: moved, shape } = permute(data, sizes, whole);
  return new Tensor(moved, shape);
}

/** Query and value must repeat over the same batch axes and attend over as many axes. */
export function checkAxes(name: string, axes: Axes, query: Axes): void {
  if (axes.length.length !== query.length.length || axes.batch.length !== query.batch.length) {
    const rank = query.order.length;
    throw new ShapeError(expectation(name, `rank ${rank} (as query)`, `rank ${axes.order.length}`));
  }
  if (axes.batch.some((size, i) => size !== query.batch[i])) {
    throw new ShapeError(
      expectation(`${name} batch axes`, `${shapeText(query.batch)} (as query)`, shapeText(axes.batch)),
    );
  }
}
