/** Tensors of a model's safetensors files as references that native code follows into the files. */
import { expectation, ModelError } from '../../errors.js';
import { decodeFloat32, type SafetensorsEntry } from '../../formats/safetensors.js';
import { DTypeCode, type TensorReference } from '../../native/program.js';
import { type Shape, sameShape, shapeText, sizeOf } from '../../tensor/shape.js';
import type { LinearReference, NormReference } from '../architectures/transformer_parts.js';
import { openWeightsFiles, readEntry, SCALES_SUFFIX, type WeightsFiles } from './weights_files.js';

/** Bytes an element. */
const ELEMENT_BYTES: Readonly<Record<number, number>> = {
  [DTypeCode.F32]: 4,
  [DTypeCode.F16]: 2,
  [DTypeCode.BF16]: 2,
  [DTypeCode.I8]: 1,
};

/** What training wraps a model in, and names the tensors after: DataParallel, torch.compile, sentence-transformers. */
const WRAPPERS = /^(?:(?:module|_orig_mod|model|base_model|auto_model|0|0_Transformer)\.)+$/;

/** A stored tensor whose name ends like this. */
function endingIn(files: WeightsFiles, name: string): string | undefined {
  return [...files.entries.keys()].find((stored) => stored.endsWith(`.${name}`));
}

/** The prefix of a checkpoint that was saved with its wrapper, where there is only one that it can be. */
function wrapped(files: WeightsFiles, prefixes: readonly string[], probe: string): string | undefined {
  const found = [...files.entries.keys()].filter((name) => name.endsWith(`.${probe}`));
  const [only] = found;
  if (only === undefined || found.length > 1) return undefined;
  const prefix = only.slice(0, -probe.length);
  const own = prefixes.find(
    (p) => p !== '' && prefix.endsWith(p) && WRAPPERS.test(prefix.slice(0, -p.length)),
  );
  return own !== undefined || WRAPPERS.test(prefix) ? prefix : undefined;
}

export class Weights {
  private constructor(
    readonly files: WeightsFiles,
    private readonly prefix: string,
  ) {}

  /**
   * @param prefixes name prefixes that a checkpoint of this architecture may carry, such as "bert."
   * @param probe a tensor that every checkpoint of this architecture has
   */
  static async open(directory: string, prefixes: readonly string[], probe: string): Promise<Weights> {
    const files = await openWeightsFiles(directory);
    const prefix =
      prefixes.find((p) => files.entries.has(p + probe)) ?? wrapped(files, prefixes, probe) ?? '';
    return new Weights(files, prefix);
  }

  get paths(): readonly string[] {
    return this.files.paths;
  }

  has(name: string): boolean {
    return this.files.entries.has(this.prefix + name);
  }

  /** @param names the tensor's name, then older names of it */
  tensor(names: string | readonly string[], shape: Shape): TensorReference {
    const list = typeof names === 'string' ? [names] : names;
    const name = list.map((n) => this.prefix + n).find((n) => this.files.entries.has(n));
    const entry = name === undefined ? undefined : this.files.entries.get(name);
    if (entry === undefined) {
      const wanted = this.prefix + list[0]!;
      const near = endingIn(this.files, list[0]!);
      const hint = near === undefined ? '' : ` (there is ${near}, whose prefix is not known)`;
      throw new ModelError(expectation(this.files.source, `a tensor ${wanted}`, `none of this name${hint}`));
    }
    if (!Object.hasOwn(DTypeCode, entry.dtype)) {
      const known = Object.keys(DTypeCode).join(', ');
      throw new ModelError(
        expectation(`${this.path(entry)}: ${entry.name}: dtype`, `one of ${known}`, entry.dtype),
      );
    }
    if (!sameShape(entry.shape, shape)) {
      throw new ModelError(
        expectation(
          `${this.path(entry)}: ${entry.name}`,
          `shape ${shapeText(shape)}`,
          shapeText(entry.shape),
        ),
      );
    }
    const dtype = DTypeCode[entry.dtype as keyof typeof DTypeCode];
    const reference = { file: entry.file, begin: entry.begin, count: sizeOf(shape), dtype };
    if (dtype !== DTypeCode.I8) return reference;
    return { ...reference, scalesBegin: this.scales(entry, shape) };
  }

  /** Weight [out, columns] and bias [out] of a torch.nn.Linear. */
  linear(name: string, out: number, columns: number, bias: boolean | 'optional' = true): LinearReference {
    const biased = bias === 'optional' ? this.has(`${name}.bias`) : bias;
    return {
      weight: this.tensor(`${name}.weight`, [out, columns]),
      bias: biased ? this.tensor(`${name}.bias`, [out]) : undefined,
    };
  }

  /** Checkpoints converted from TensorFlow call LayerNorm's weight and bias gamma and beta. */
  norm(name: string, columns: number, bias: boolean | 'optional' = true): NormReference {
    const biased = bias === 'optional' ? this.has(`${name}.bias`) || this.has(`${name}.beta`) : bias;
    return {
      gamma: this.tensor([`${name}.weight`, `${name}.gamma`], [columns]),
      beta: biased ? this.tensor([`${name}.bias`, `${name}.beta`], [columns]) : undefined,
    };
  }

  /** The numbers of a small tensor. */
  async numbers(name: string, shape: Shape): Promise<Float32Array> {
    this.tensor(name, shape);
    const entry = this.files.entries.get(this.prefix + name)!;
    const numbers = decodeFloat32(entry, await readEntry(this.files, entry));
    const bad = numbers.find((number) => !Number.isFinite(number));
    if (bad !== undefined) {
      throw new ModelError(expectation(`${this.path(entry)}: ${entry.name}`, 'finite numbers', String(bad)));
    }
    return numbers;
  }

  private path(entry: { file: number }): string {
    return this.files.paths[entry.file]!;
  }

  /** Where the scales of an 8-bit tensor begin: one float32 a row of its last axis, in the same file. */
  private scales(entry: SafetensorsEntry & { file: number }, shape: Shape): number {
    const rows = shape.slice(0, -1);
    const scales = this.files.entries.get(entry.name + SCALES_SUFFIX);
    if (
      scales === undefined ||
      scales.file !== entry.file ||
      scales.dtype !== 'F32' ||
      sizeOf(scales.shape) !== sizeOf(rows)
    ) {
      const received =
        scales === undefined
          ? 'none of this name'
          : scales.file !== entry.file
            ? 'one in another file'
            : `${scales.dtype} ${shapeText(scales.shape)}`;
      throw new ModelError(
        expectation(
          `${this.path(entry)}: ${entry.name}${SCALES_SUFFIX}`,
          `F32 ${shapeText(rows)} beside the 8-bit tensor`,
          received,
        ),
      );
    }
    return scales.begin;
  }
}

/** Rows [first, first + rows) of a tensor [any, columns]. */
export function sliceRows(
  tensor: TensorReference,
  first: number,
  rows: number,
  columns: number,
): TensorReference {
  return {
    ...tensor,
    begin: tensor.begin + first * columns * ELEMENT_BYTES[tensor.dtype]!,
    count: rows * columns,
    ...(tensor.scalesBegin === undefined ? {} : { scalesBegin: tensor.scalesBegin + 4 * first }),
  };
}

/** Outputs [first, first + rows) of a linear layer with `columns` inputs. */
export function sliceLinear(
  linear: LinearReference,
  first: number,
  rows: number,
  columns: number,
): LinearReference {
  const { weight, bias } = linear;
  // A bias is one row: in 8 bits all of it has one scale.
  const scale = bias?.scalesBegin === undefined ? {} : { scalesBegin: bias.scalesBegin };
  return {
    weight: sliceRows(weight, first, rows, columns),
    bias: bias && { ...sliceRows(bias, first, rows, 1), ...scale },
  };
}
