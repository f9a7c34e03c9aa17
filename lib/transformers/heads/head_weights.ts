/** Single tensors of a model directory as float32. */

import { expectation, ModelError } from '../../errors.js';
import { quoteName } from '../../formats/quote_name.js';
import { decodeFloat32 } from '../../formats/safetensors.js';
import {
  openWeightsFiles,
  readEntry,
  SCALES_SUFFIX,
  type WeightsFiles,
} from '../../models/directory/weights_files.js';
import { allFinite } from '../../models/feed/encode_job.js';
import { type Shape, shapeText } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';

type Entry = WeightsFiles['entries'] extends ReadonlyMap<string, infer E> ? E : never;

export class HeadWeights {
  private constructor(private readonly files: WeightsFiles) {}

  static async open(directory: string): Promise<HeadWeights> {
    return new HeadWeights(await openWeightsFiles(directory));
  }

  has(name: string): boolean {
    return this.files.entries.has(name);
  }

  /** @param names the first of these that there is */
  async read(names: readonly string[]): Promise<Tensor> {
    const name = names.find((one) => this.has(one));
    if (name === undefined) {
      throw new ModelError(expectation(this.files.source, `a tensor ${names[0]}`, 'none of this name'));
    }
    const entry = this.files.entries.get(name)!;
    const tensor =
      entry.dtype === 'I8'
        ? await this.dequantized(name, entry)
        : new Tensor(decodeFloat32(entry, await this.bytes(entry)), entry.shape);
    if (allFinite(tensor.data)) return tensor;
    const subject = `${this.files.paths[entry.file]}: ${quoteName(name)}`;
    throw new ModelError(expectation(subject, 'finite weights', 'NaN or an infinity'));
  }

  /** @throws ModelError where the shape is another */
  async vector(names: readonly string[], length: number): Promise<Tensor> {
    const tensor = await this.read(names);
    if (tensor.shape.length !== 1 || tensor.shape[0] !== length) {
      const name = names.find((one) => this.has(one));
      throw new ModelError(
        expectation(`${this.files.source}: ${name}`, `shape [${length}]`, shapeText(tensor.shape)),
      );
    }
    return tensor;
  }

  get source(): string {
    return this.files.source;
  }

  /** Rows of 8-bit numbers, each with a scale. */
  private async dequantized(name: string, entry: Entry): Promise<Tensor> {
    const rows = entry.shape[0] ?? 0;
    const scales = await this.vector([name + SCALES_SUFFIX], rows);
    const bytes = new Int8Array((await this.bytes(entry)).buffer);
    const columns = rows === 0 ? 0 : bytes.length / rows;
    return new Tensor(
      Float32Array.from(bytes, (value, i) => value * scales.data[Math.floor(i / columns)]!),
      entry.shape as Shape,
    );
  }

  private bytes(entry: Entry): Promise<Uint8Array<ArrayBuffer>> {
    return readEntry(this.files, entry);
  }
}
