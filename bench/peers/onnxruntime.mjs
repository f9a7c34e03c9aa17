// onnxruntime-node on the CPU: one small graph an item.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { onnxModel } from './onnx_graph.mjs';

const require = createRequire(import.meta.url);
const ort = require('onnxruntime-node');

function graphOf(item) {
  const inputs = item.inputs.map(({ name, shape }) => ({ name, shape }));
  const output = (shape) => [{ name: 'y', shape }];
  if (item.kind === 'matmul') {
    return { inputs, outputs: output([item.m, item.n]), nodes: [['MatMul', ['a', 'b'], 'y']] };
  }
  if (item.kind === 'softmax') {
    return { inputs, outputs: output(inputs[0].shape), nodes: [['Softmax', ['x'], 'y', { axis: -1 }]] };
  }
  // The composition: its fused operator (Attention of opset 23) was no faster on either shape.
  return {
    inputs,
    outputs: output(inputs[0].shape),
    constants: { scale: { data: new Float32Array([item.scale]), shape: [1] } },
    nodes: [
      ['Mul', ['q', 'scale'], 'scaled'],
      ['Transpose', ['k'], 'transposed', { perm: [0, 1, 3, 2] }],
      ['MatMul', ['scaled', 'transposed'], 'logits'],
      ['Softmax', ['logits'], 'weights', { axis: -1 }],
      ['MatMul', ['weights', 'v'], 'y'],
    ],
  };
}

export async function load({ threads }) {
  const options = { intraOpNumThreads: threads, interOpNumThreads: 1, executionMode: 'sequential' };
  return {
    version: JSON.parse(readFileSync(require.resolve('onnxruntime-node/package.json'), 'utf8')).version,
    threads,
    async prepare(item, inputs) {
      const session = await ort.InferenceSession.create(onnxModel(graphOf(item)), options);
      const feeds = Object.fromEntries(
        item.inputs.map(({ name, shape }) => [name, new ort.Tensor('float32', inputs[name], shape)]),
      );
      return {
        run: () => session.run(feeds),
        output: ({ y }) => y.data,
        dispose: () => session.release(),
      };
    },
  };
}
