/** What every golden case of a layer is held to. */
import { expect } from '@jest/globals';
import type { AttentionCallOptions, MixtureAttention } from '../../lib/layers/index.js';
import { expectClose, type GoldenCase, masks, tensors } from './golden.js';

export interface LayerClass {
  new (config: never): MixtureAttention;
  fromConfig(config: never): MixtureAttention;
}

/** The query and the options of the call that the case is about. */
export function goldenCall(golden: GoldenCase) {
  const { query, ...others } = tensors(golden.inputs);
  const options = { ...others, ...masks(golden.masks), ...golden.options } as AttentionCallOptions;
  return { query: query!, value: others.value, options };
}

function buildFor(layer: MixtureAttention, { inputs, weights }: Pick<GoldenCase, 'inputs' | 'weights'>) {
  const { query, value, key } = inputs;
  layer.build(query!.shape, (value ?? query)!.shape, (key ?? value ?? query)!.shape);
  if (weights) layer.setWeights(tensors(weights));
  return layer;
}

/** Outputs and scores on both faces of the layer, its shape, and a copy from its config. Returns the output. */
export async function checkLayerGolden(LayerOf: LayerClass, golden: GoldenCase): Promise<Float32Array> {
  const layer = buildFor(new LayerOf(golden.config as never), golden);
  const { query, value, options } = goldenCall(golden);
  const output = layer.call(query, options);
  expect(output.shape).toEqual(golden.output.shape);
  expect(layer.computeOutputShape(query.shape, value?.shape)).toEqual(golden.output.shape);
  expectClose(output.data, golden.output.data, golden.name);
  const [again, scores] = layer.call(query, { ...options, returnAttentionScores: true });
  expectClose(again.data, golden.output.data, `${golden.name}, with scores`);
  expect(scores.shape).toEqual(golden.scores!.shape);
  expectClose(scores.data, golden.scores!.data, `${golden.name}: scores`);
  const onPool = await layer.callAsync(query, options);
  expect([...onPool.data]).toEqual([...output.data]);

  const config = JSON.parse(JSON.stringify(layer.getConfig())) as never;
  const copy = buildFor(LayerOf.fromConfig(config), { inputs: golden.inputs });
  copy.setWeights(layer.getWeights());
  expect(copy.getConfig()).toEqual(layer.getConfig());
  expect([...copy.call(query, options).data]).toEqual([...output.data]);
  layer.dispose();
  return output.data;
}
