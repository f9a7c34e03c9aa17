// ONNX models of one or a few operators, in memory, as onnxruntime takes them.
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;
const FLOAT = onnx.TensorProto.DataType.FLOAT;

function valueInfo({ name, shape }) {
  return {
    name,
    type: { tensorType: { elemType: FLOAT, shape: { dim: shape.map((d) => ({ dimValue: d })) } } },
  };
}

function attribute(name, value) {
  const { AttributeType } = onnx.AttributeProto;
  if (Array.isArray(value)) return { name, type: AttributeType.INTS, ints: value };
  // Only integers and floats occur; what is whole and meant as a float is given as {float}.
  if (typeof value === 'object') return { name, type: AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeType.INT, i: value };
}

/**
 * @param nodes [[operator, [inputs], output, {attributes}]]
 * @param inputs, outputs [{name, shape}], all float32
 * @param constants {name: {data: Float32Array, shape}}
 * @returns the model's bytes
 */
export function onnxModel({ nodes, inputs, outputs, constants = {}, opset = 17 }) {
  const model = {
    irVersion: 9,
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      name: 'bench',
      node: nodes.map(([opType, input, output, attributes = {}]) => ({
        opType,
        input,
        output: [output],
        attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      })),
      input: inputs.map(valueInfo),
      output: outputs.map(valueInfo),
      initializer: Object.entries(constants).map(([name, { data, shape }]) => ({
        name,
        dims: shape,
        dataType: FLOAT,
        rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      })),
    },
  };
  return onnx.ModelProto.encode(onnx.ModelProto.fromObject(model)).finish();
}
