// TensorFlow.js without its native addon. Both backends use one thread under Node: its WebAssembly backend takes
// threads from the browser's cross-origin isolation only.
import tf from '@tensorflow/tfjs-core';
import { attentionByHead, batchedAttention } from './tfjs_attention.mjs';
import { layerForms, layerShape } from './tfjs_layer.mjs';

/** Of one item, the ways to write it, functions of its tensors by name; the quicker one is measured. */
const FORMS = {
  matmul: () => [({ a, b }) => tf.matMul(a, b)],
  softmax: () => [({ x }) => tf.softmax(x)],
  attention: (item) =>
    [batchedAttention, attentionByHead].map(
      (form) =>
        ({ q, k, v }) =>
          form(item, q, k, v),
    ),
  layer: layerForms,
};

/** A call that long needs no second one to warm up. */
const LONG_CALL = 500;

function quickest(forms, tensors) {
  if (forms.length === 1) return forms[0];
  const call = (form) => {
    const start = performance.now();
    tf.dispose(tf.tidy(() => form(tensors)));
    return performance.now() - start;
  };
  const times = forms.map((form) => {
    const first = call(form);
    return first > LONG_CALL ? first : call(form);
  });
  return forms[times.indexOf(Math.min(...times))];
}

/** @param backend 'cpu' or 'wasm' */
export async function loadBackend(backend) {
  await import(`@tensorflow/tfjs-backend-${backend}`);
  if (!(await tf.setBackend(backend))) throw new Error(`expected backend ${backend} but it did not start`);
  await tf.ready();
  return {
    version: tf.version_core,
    threads: 1,
    prepare(item, inputs) {
      const shapeOf = item.kind === 'layer' ? layerShape : ({ shape }) => shape;
      const tensors = Object.fromEntries(
        item.inputs.map((input) => [input.name, tf.tensor(inputs[input.name], shapeOf(input), 'float32')]),
      );
      const compute = quickest(FORMS[item.kind](item), tensors);
      let last;
      return {
        // The result stays in the backend's memory, where the next operation would find it.
        run() {
          last?.dispose();
          last = tf.tidy(() => compute(tensors));
          return last;
        },
        output: (result) => result.dataSync(),
        dispose() {
          last?.dispose();
          tf.dispose(tensors);
        },
      };
    },
  };
}
