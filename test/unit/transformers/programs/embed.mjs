/**
 * A program as people write them for transformers.js. It runs under both packages: the golden file was written under
 * transformers.js, the test gives the import below to synthetic-attention/transformers and compares.
 */
import { cos_sim, dot, env, layer_norm, mean_pooling, pipeline, Tensor } from '@huggingface/transformers';

/** Numbers of a tensor that JSON can hold. */
const plain = (tensor) => ({
  type: tensor.type,
  dims: [...tensor.dims],
  size: tensor.size,
  data: Array.from(tensor.data, Number),
});

/** @param folder where the directory `model` stands */
export async function embed(folder, model, texts) {
  env.allowRemoteModels = false;
  env.localModelPath = folder;
  const extractor = await pipeline('feature-extraction', model, { dtype: 'fp32' });

  const mean = await extractor(texts, { pooling: 'mean', normalize: true });
  const unscaled = await extractor(texts, { pooling: 'mean' });
  const cls = await extractor(texts, { pooling: 'cls', normalize: true });
  const one = await extractor(texts[0], { pooling: 'mean', normalize: true });
  const states = await extractor(texts[0]);
  const last = await extractor(texts[0], { pooling: 'last_token' });
  const mask = new Tensor('int64', new BigInt64Array(states.dims[1]).fill(1n), [1, states.dims[1]]);

  const rows = [];
  for (const row of mean) rows.push(Array.from(row.data));
  const short = layer_norm(unscaled, [unscaled.dims[1]]).slice(null, [0, 16]).normalize(2, -1);
  const result = {
    mean: plain(mean),
    unscaled: plain(unscaled),
    cls: plain(cls),
    one: plain(one),
    states: plain(states),
    last: plain(last),
    binary: plain(await extractor(texts, { pooling: 'mean', quantize: true })),
    ubinary: plain(await extractor(texts, { pooling: 'mean', quantize: true, precision: 'ubinary' })),
    pooled: plain(mean_pooling(states, mask)),
    short: plain(short),
    list: mean.tolist(),
    rows,
    second: plain(mean[1]),
    element: mean[1][2].item(),
    range: plain(mean.slice([0, 2], [1, -1])),
    transposed: plain(mean.transpose(1, 0)),
    view: plain(mean.view(-1)),
    sums: plain(mean.sum(1)),
    norms: plain(unscaled.norm(2, -1, true)),
    similarity: cos_sim(unscaled[0].data, unscaled[1].data),
    product: dot(mean[0].data, mean[1].data),
    similarities: mean.tolist().map((a) => cos_sim(mean.tolist()[0], a)),
    tokens: (await extractor.tokenizer(texts[0])).input_ids.tolist()[0].map(Number),
    text: extractor.tokenizer.decode(extractor.tokenizer.encode(texts[1]), { skip_special_tokens: true }),
  };
  await extractor.dispose();
  return result;
}
