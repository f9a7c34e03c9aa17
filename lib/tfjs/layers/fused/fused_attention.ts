/** Attention whose forward and gradient are native kernels. */
import { tf } from '../../tensorflow.js';
import type { AttentionCall, AttentionResult, AttentionTensors } from '../attention_call.js';
import { FORWARD, type FusedAttributes, GRADIENT, registerAttentionKernels } from './attention_kernels.js';

registerAttentionKernels();

/** Whether the current backend has the kernels, and there is anything to compute. */
export function fusible({ sizes }: AttentionCall): boolean {
  return tf.getKernel(FORWARD, tf.getBackend()) !== undefined && Object.values(sizes).every((n) => n > 0);
}

const numbered = (tensors: readonly tf.Tensor[]): tf.NamedTensorMap =>
  Object.fromEntries(tensors.map((tensor, i) => [i, tensor]));

function run(name: string, tensors: readonly tf.Tensor[], attributes: FusedAttributes): tf.Tensor[] {
  return tf.engine().runKernel(name, numbered(tensors), attributes as unknown as tf.NamedAttrMap);
}

export function fusedAttention(
  call: AttentionCall,
  { value, operands, mix }: AttentionTensors,
): AttentionResult {
  const inputs = [value, ...(mix ? [mix] : []), ...operands.flat()];
  const learning = tf.engine().state.gradientDepth > 0;
  const attributes = {
    call,
    counts: operands.map(({ length }) => length),
    mixed: mix !== undefined,
    weights: learning,
  };
  if (!learning) return { context: run(FORWARD, inputs, attributes)[0]!, weights: undefined };
  const attend = tf.customGrad((...given) => {
    const save = given.pop() as unknown as tf.GradSaveFunc;
    const tensors = given as tf.Tensor[];
    const [context, softmax] = run(FORWARD, tensors, attributes);
    save([...tensors, softmax!]);
    return {
      value: context!,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => run(GRADIENT, [...saved, dy], attributes),
    };
  });
  return { context: attend(...inputs), weights: undefined };
}
