/**
 * Who encodes. `module` is loaded by worker.mjs, or for Python it names a class in python_worker.py; `needs` are the
 * things of requirements.mjs without which a contender cannot take part. Batches hold 32 texts; `sorted` ones are of
 * similar length, which only some contenders leave to their user. To add a contender, add its file and rows.
 */
const onnxruntime = (name, options) => ({
  name: `onnxruntime ${name}`,
  module: './onnxruntime.mjs',
  options,
  needs: ['packages', 'onnx'],
});

const transformers = (name, dtype) => ({
  name: `transformers.js ${name}`,
  module: './transformers.mjs',
  options: { dtype },
  needs: ['packages', 'onnx'],
});

const openvino = (name, options) => ({
  name: `OpenVINO ${name}`,
  module: 'openvino',
  python: true,
  options,
  needs: ['onnx'],
});

const llama = (type) => ({
  name: `llama.cpp ${type}`,
  module: '../llama/llama.mjs',
  options: { file: `${type}.gguf` },
  needs: ['llama', 'gguf'],
});

const ours = (dtype) => ({ name: `ours ${dtype}`, module: './ours.mjs', options: { dtype }, needs: [] });

/** The first is what all others are compared with. */
export const CONTENDERS = [
  ours('float32'),
  ours('int8'),
  transformers('fp32', 'fp32'),
  transformers('q8', 'q8'),
  onnxruntime('fp32', { file: 'model.onnx', sorted: false }),
  onnxruntime('fp32 sorted', { file: 'model.onnx', sorted: true }),
  onnxruntime('int8', { file: 'model_quantized.onnx', sorted: false }),
  onnxruntime('int8 sorted', { file: 'model_quantized.onnx', sorted: true }),
  openvino('fp32', { sorted: false }),
  openvino('fp32 sorted', { sorted: true }),
  {
    name: 'sentence-transformers',
    module: 'sentence-transformers',
    python: true,
    options: {},
    needs: [],
  },
  llama('F32'),
  llama('Q8_0'),
];

/** Ours with weights of this type. */
export const oursWith = ours;
