/** Buckets of relative distances, against `MPNetEncoder.relative_position_bucket` of Python's transformers. */
import { describe, expect, it } from '@jest/globals';
import { relativeBuckets } from '../../../lib/models/architectures/mpnet.js';
import { loadArchitecture } from '../../../lib/models/architectures/registry.js';
import { JsonObject } from '../../../lib/models/directory/json_file.js';
import { encoderDirectory } from '../../support/encoder_golden.js';

/** Of each number of buckets: the first distance of every bucket of one direction. */
const FIRST: readonly [number, number[]][] = [
  [4, [0, 1]],
  [6, [0, 1, 12]],
  [8, [0, 1, 2, 16]],
  [10, [0, 1, 2, 8, 32]],
  [20, [0, 1, 2, 3, 4, 5, 10, 19, 35, 67]],
  [32, [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91]],
  [34, [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 15, 21, 28, 38, 51, 70, 95]],
  [
    64,
    [
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67,
      77, 87, 99, 113,
    ],
  ],
  [
    128,
    [
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
      28, 29, 30, 31, 32, 34, 35, 37, 39, 40, 42, 44, 46, 48, 50, 52, 54, 57, 59, 62, 64, 67, 70, 73, 77, 80,
      83, 87, 91, 95, 99, 104, 108, 113, 118, 123,
    ],
  ],
];

describe('relativeBuckets', () => {
  it.each(FIRST)('of %d buckets has the edges of the formula', (buckets, first) => {
    const positions = 3000;
    const expected = Int32Array.from({ length: 2 * positions - 1 }, (_, i) => {
      const distance = i - (positions - 1);
      const bucket = first.findLastIndex((edge) => edge <= Math.abs(distance));
      return distance > 0 ? buckets / 2 + bucket : bucket;
    });
    expect(relativeBuckets(positions, buckets)).toEqual(expected);
  });

  it('of one position is that of no distance', () => {
    expect(relativeBuckets(1, 32)).toEqual(Int32Array.of(0));
  });

  it.each([3, 4.5, 512, 65536])('are refused where there are %d', async (buckets) => {
    const config = {
      model_type: 'mpnet',
      hidden_size: 24,
      num_attention_heads: 3,
      intermediate_size: 40,
      vocab_size: 218,
      max_position_embeddings: 152,
      num_hidden_layers: 2,
      relative_attention_num_buckets: buckets,
    };
    await expect(
      loadArchitecture(encoderDirectory('mpnet'), new JsonObject('config.json', config)),
    ).rejects.toThrow('relative_attention_num_buckets: expected an integer from 4 to 511 but received');
  });
});
