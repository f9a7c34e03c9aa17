// An encode, a layer, kernels, typed errors, threads that tokenize.
module.exports = async ({ main, server, transformers }) => {
  const { ArgumentError, Encoder, kernels, MultiHeadAttention, similarity, Tensor } = main;
  const a = new Tensor(Float32Array.of(1, 2), [1, 2]);
  const product = kernels.matmul(a, new Tensor(Float32Array.of(3, 4), [2, 1]));
  const layer = new MultiHeadAttention({ numHeads: 2, keyDim: 4 });
  const x = new Tensor(
    Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
    [1, 3, 8],
  );
  const attended = layer.call(x, { value: x });
  const encoder = await Encoder.load('synthesizer-mini', { tokenizerWorkers: 1 });
  const rows = await encoder.encode(['a cat', 'a kitten', 'the bank lends money', 'ÀÉ 中文 🙂']);
  const near = similarity(rows, rows).data;
  encoder.dispose();
  let code;
  try {
    kernels.softmax({ data: 1, shape: [1] });
  } catch (error) {
    code = error instanceof ArgumentError ? error.code : String(error);
  }
  return {
    names: [main, server, transformers].map((entry) => Object.keys(entry).length > 1),
    product: product.data[0],
    attended: [...attended.shape, attended.data.every(Number.isFinite)],
    rows: rows.shape,
    nearest: near[1] > near[2],
    code,
  };
};
