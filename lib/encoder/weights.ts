/** Tensors of model.safetensors as references that native code follows into the mapped file. */
import { join } from 'node:path';
import { expectation, ModelError } from '../errors.js';
import { readSafetensorsHeader, type SafetensorsHeader } from '../formats/safetensors.js';
import { DTypeCode, type TensorReference } from '../native/addon.js';
import { type Shape, sameShape, shapeText, sizeOf } from '../tensor/shape.js';

export class WeightsFile {
  private constructor(
    readonly path: string,
    private readonly header: SafetensorsHeader,
    private readonly prefix: string,
  ) {}

  /** @param prefixes name prefixes that a checkpoint of this architecture may carry, such as "bert." */
  static async open(directory: string, prefixes: readonly string[], probe: string): Promise<WeightsFile> {
    const path = join(directory, 'model.safetensors');
    const header = await readSafetensorsHeader(path);
    const prefix = prefixes.find((p) => header.tensors.has(p + probe)) ?? '';
    return new WeightsFile(path, header, prefix);
  }

  /** @param names the tensor's name, then older names of it */
  reference(names: readonly string[], shape: Shape): TensorReference {
    const name = names.map((n) => this.prefix + n).find((n) => this.header.tensors.has(n));
    const entry = name === undefined ? undefined : this.header.tensors.get(name);
    if (entry === undefined) {
      throw new ModelError(expectation(this.path, `a tensor ${this.prefix}${names[0]}`, 'none of this name'));
    }
    if (!Object.hasOwn(DTypeCode, entry.dtype)) {
      const known = Object.keys(DTypeCode).join(', ');
      throw new ModelError(expectation(`${this.path}: ${entry.name}: dtype`, `one of ${known}`, entry.dtype));
    }
    if (!sameShape(entry.shape, shape)) {
      throw new ModelError(
        expectation(`${this.path}: ${entry.name}`, `shape ${shapeText(shape)}`, shapeText(entry.shape)),
      );
    }
    const dtype = DTypeCode[entry.dtype as keyof typeof DTypeCode];
    return { begin: entry.begin, count: sizeOf(shape), dtype };
  }
}
