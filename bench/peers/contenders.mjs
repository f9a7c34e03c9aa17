/**
 * Who takes part in kernels and layers; encode/contenders.mjs says who encodes. `module` is loaded by worker.mjs, or
 * for Python it is the class in python_worker.py; `does` lists the kinds of items (items.mjs) it has something for.
 * To add a contender, add its file and a row.
 */
const KERNELS = ['matmul', 'softmax', 'attention'];

export const CONTENDERS = [
  { name: 'ours', module: './ours.mjs', does: [...KERNELS, 'layer'] },
  { name: 'js', module: './javascript.mjs', does: [...KERNELS, 'layer'] },
  { name: 'tfjs-cpu', module: './tfjs_cpu.mjs', does: [...KERNELS, 'layer'] },
  { name: 'tfjs-wasm', module: './tfjs_wasm.mjs', does: [...KERNELS, 'layer'] },
  { name: 'onnxruntime', module: './onnxruntime.mjs', does: KERNELS },
  { name: 'numpy', module: 'numpy', python: true, does: KERNELS },
  { name: 'torch', module: 'torch', python: true, does: KERNELS },
];
