// This package, through its public API.
import { info, kernels, setThreads } from '../../dist/index.js';
import { LAYER_CASES } from '../lib/layer_cases.mjs';

export async function load({ threads }) {
  setThreads(threads);
  const { version, isa } = info();
  return {
    version,
    threads,
    tier: isa,
    async prepare(item, inputs) {
      const tensor = (name, i) => ({ data: inputs[name], shape: item.inputs[i].shape });
      const output = ({ data }) => data;
      if (item.kind === 'matmul') {
        const [a, b] = [tensor('a', 0), tensor('b', 1)];
        const out = { data: new Float32Array(item.m * item.n), shape: [item.m, item.n] };
        return { run: () => kernels.matmul(a, b, { out }), output };
      }
      if (item.kind === 'softmax') {
        const x = tensor('x', 0);
        const out = { data: new Float32Array(x.data.length), shape: x.shape };
        return { run: () => kernels.softmax(x, { out }), output };
      }
      if (item.kind === 'attention') {
        const [q, k, v] = ['q', 'k', 'v'].map(tensor);
        return { run: () => kernels.attention(q, k, v), output };
      }
      const [x, ...weights] = item.inputs.map(({ name }, i) => [name, tensor(name, i)]);
      const layer = LAYER_CASES.find(({ name }) => name === item.layer).make(item);
      layer.build(x[1].shape);
      layer.setWeights(Object.fromEntries(weights));
      return { run: () => layer.call(x[1]), output, dispose: () => layer.dispose() };
    },
  };
}
