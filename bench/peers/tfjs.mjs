// TensorFlow.js without its native addon. Both backends use one thread under Node: its WebAssembly backend takes
// threads from the browser's cross-origin isolation only.
import tf from '@tensorflow/tfjs-core';

/** Of one item, the ways to write it; the quicker one is measured. */
const FORMS = {
  matmul: [([a, b]) => tf.matMul(a, b)],
  softmax: [([x]) => tf.softmax(x)],
  attention: [batchedAttention, attentionByHead],
};

/** The query is scaled instead of the logits: it is smaller. */
function batchedAttention([q, k, v], { scale }) {
  return tf.matMul(tf.softmax(tf.matMul(tf.mul(q, scale), k, false, true)), v);
}

/** Products of plain matrices only: the WebAssembly backend has its fast product for nothing else. */
function attentionByHead([q, k, v], { batch, heads, length, dim, scale }) {
  const split = (x, rows, columns) => tf.unstack(tf.reshape(x, [batch * heads, rows, columns]));
  const queries = split(tf.mul(q, scale), length, dim);
  const keys = split(tf.transpose(k, [0, 1, 3, 2]), dim, length);
  const values = split(v, length, dim);
  const outputs = queries.map((query, h) => tf.matMul(tf.softmax(tf.matMul(query, keys[h])), values[h]));
  return tf.reshape(tf.stack(outputs), q.shape);
}

function quickest(forms, tensors, item) {
  if (forms.length === 1) return forms[0];
  const seconds = forms.map((form) => {
    const call = () => tf.dispose(tf.tidy(() => form(tensors, item)));
    call();
    const start = performance.now();
    call();
    return performance.now() - start;
  });
  return forms[seconds.indexOf(Math.min(...seconds))];
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
      const tensors = item.inputs.map(({ name, shape }) => tf.tensor(inputs[name], shape, 'float32'));
      const compute = quickest(FORMS[item.kind], tensors, item);
      let last;
      return {
        // The result stays in the backend's memory, where the next operation would find it.
        run() {
          last?.dispose();
          last = tf.tidy(() => compute(tensors, item));
          return last;
        },
        output: (result) => result.dataSync(),
        dispose() {
          last?.dispose();
          for (const tensor of tensors) tensor.dispose();
        },
      };
    },
  };
}
