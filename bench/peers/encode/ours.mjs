// This package, through its public API.
export async function load({ threads, model, options: { dtype } }) {
  const { Encoder, info, setThreads } = await import('../../../dist/index.js');
  setThreads(threads);
  const encoder = await Encoder.load(model, { dtype });
  const { version, isa } = info();
  return {
    version,
    tier: isa,
    encode: async (texts) => (await encoder.encode(texts, { pooling: 'mean', normalize: true })).data,
  };
}
