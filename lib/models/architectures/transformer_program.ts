/** The program of a transformer, from what its architecture file gives. */
import { Activation } from '../../native/codes.js';
import type { Columns, Operation, Program, ScoreOperation } from '../../native/program.js';
import { allOf, columnsOf, ProgramBuilder, type RowBuffer } from '../../program/builder.js';
import type {
  LayerReference,
  LinearReference,
  NormReference,
  ScoreReference,
  TransformerParts,
} from './transformer_parts.js';

/** A linear layer and its outputs. */
interface Part extends LinearReference {
  columns: number;
}

/** Linear layers whose outputs stand side by side. */
class Stack {
  readonly parts: Part[] = [];
  columns = 0;

  /** @returns the first column of its outputs */
  add(linear: LinearReference, columns: number): number {
    this.parts.push({ ...linear, columns });
    this.columns += columns;
    return this.columns - columns;
  }
}

/** @param int8 keep 8 bits a weight of words and linear layers, and multiply 8-bit numbers */
export function transformerProgram(parts: TransformerParts, int8: boolean): Program {
  return new TransformerProgram(parts, int8).build();
}

class TransformerProgram {
  readonly #parts: TransformerParts;
  readonly #int8: boolean;
  readonly #headSize: number;
  readonly #kvHeads: number;
  readonly #program: ProgramBuilder;
  /** The hidden states between sublayers. */
  readonly #x: RowBuffer;
  /** A sublayer's output and the residual. */
  readonly #sum: RowBuffer;

  constructor(parts: TransformerParts, int8: boolean) {
    const { hidden, heads, kvHeads = heads, headSize = hidden / heads, vocabulary, positions } = parts.config;
    this.#parts = parts;
    this.#int8 = int8;
    this.#headSize = headSize;
    this.#kvHeads = kvHeads;
    this.#program = new ProgramBuilder({ vocabulary, positions, rotary: parts.rotary });
    this.#x = this.#program.buffer('x', hidden);
    this.#sum = this.#program.buffer('sum', hidden);
  }

  build(): Program {
    const { layers, order, finalNorm } = this.#parts;
    this.#program.apply(this.#embeddings());
    const operations = layers.map((layer) => this.#layer(layer));
    for (const layer of order) this.#program.apply(operations[layer]!);
    if (finalNorm !== undefined) this.#program.apply([this.#norm(finalNorm, this.#x, this.#x)]);
    return this.#program.finish(this.#x);
  }

  #embeddings(): number[] {
    const { size, words, positions, tokenType, norm, projection } = this.#parts.embeddings;
    const x = this.#x;
    const sum = projection === undefined ? x : this.#program.buffer('embedded', size);
    const operations = [
      this.#program.add({
        name: 'embed',
        out: allOf(sum),
        ...{ words, positions, tokenType, int8: this.#int8 },
      }),
    ];
    if (norm !== undefined) operations.push(this.#norm(norm, sum, sum));
    if (projection !== undefined) {
      operations.push(this.#linear(allOf(sum), x, [{ ...projection, columns: x.columns }]));
    }
    return operations;
  }

  #layer(layer: LayerReference): number[] {
    const { preNorm } = this.#parts.config;
    const [first, second] = [this.#x, this.#sum];
    // Where norms come first, the sum is what the next sublayer adds to; else its norm takes its place.
    const attention = this.#sublayer(layer.attentionNorm, first, second, (input, out) =>
      this.#attention(layer, input, out, first),
    );
    const [third, fourth] = preNorm ? [second, first] : [first, second];
    const feedForward = this.#sublayer(layer.outputNorm, third, fourth, (input, out) =>
      this.#feedForward(layer, input, out, third),
    );
    return [...attention, ...feedForward];
  }

  #sublayer(
    norm: NormReference | undefined,
    x: RowBuffer,
    sum: RowBuffer,
    body: (input: RowBuffer, out: RowBuffer) => number[],
  ): number[] {
    if (norm === undefined) return body(x, sum);
    if (!this.#parts.config.preNorm) return [...body(x, sum), this.#norm(norm, sum, x)];
    const normed = this.#program.buffer('normed', x.columns);
    return [this.#norm(norm, x, normed), ...body(normed, sum)];
  }

  #attention(layer: LayerReference, input: RowBuffer, out: RowBuffer, residual: RowBuffer): number[] {
    const { heads } = this.#parts.config;
    const { groups, value, before, after } = layer.attention;
    const plain = new Stack();
    const rectified = new Stack();
    // Queries and keys come first and side by side, for rotary positions.
    const dots = groups.map(({ scores, heads: count }) =>
      scores.map((score) => (score.kind === 'dot-product' ? this.#addDot(plain, score, count) : undefined)),
    );
    const turning = plain.columns;
    const valueColumns = this.#kvHeads * this.#headSize;
    const valueAt = plain.add(value, valueColumns);
    const hiddenAt = groups.map(({ scores, heads: count }) =>
      scores.map((score) =>
        score.kind === 'dense' || score.kind === 'factorized-dense'
          ? rectified.add(score.hidden, count * score.depth)
          : undefined,
      ),
    );
    const projections = this.#program.buffer('projections', plain.columns);
    const hidden = rectified.columns > 0 ? this.#program.buffer('hidden', rectified.columns) : undefined;
    const context = this.#program.buffer('context', heads * this.#headSize);
    const operations = [this.#linear(allOf(input), projections, plain.parts)];
    if (hidden !== undefined) {
      operations.push(this.#linear(allOf(input), hidden, rectified.parts, { activation: Activation.relu }));
    }
    operations.push(...this.#positions(layer, projections, turning));
    const scoreGroups = groups.map((group, g) => ({
      heads: group.heads,
      scores: group.scores.map((score, i) => {
        const dot = dots[g]![i];
        if (dot !== undefined) return dot(projections);
        const at = hiddenAt[g]![i];
        if (at === undefined) return score as ScoreOperation;
        const from = columnsOf(hidden!, at, group.heads * (score as { depth: number }).depth);
        return this.#mapped(score as MappedReference, from, group.heads, `factors ${g} ${i}`, operations);
      }),
    }));
    operations.push(
      this.#program.add({
        name: 'attention',
        ...{ heads, kvHeads: this.#kvHeads, before, after, groups: scoreGroups },
        value: columnsOf(projections, valueAt, valueColumns),
        out: allOf(context),
      }),
      this.#linear(allOf(context), out, [{ ...layer.attentionOutput, columns: out.columns }], {
        residual: allOf(residual),
      }),
    );
    return operations;
  }

  /** @returns the score, once its projections have a buffer */
  #addDot(
    plain: Stack,
    { query, key, weight }: Extract<ScoreReference, { kind: 'dot-product' }>,
    heads: number,
  ): (projections: RowBuffer) => ScoreOperation {
    const width = heads * this.#headSize;
    const keyWidth = (width * this.#kvHeads) / this.#parts.config.heads;
    const queries = plain.add(query, width);
    const keys = plain.add(key, keyWidth);
    return (projections) => ({
      kind: 'dot-product',
      weight,
      queries: columnsOf(projections, queries, width),
      keys: columnsOf(projections, keys, keyWidth),
    });
  }

  /** Norms of heads, and rotary positions: of the first `turning` columns, queries and keys. */
  #positions({ attention, rotary }: LayerReference, projections: RowBuffer, turning: number): number[] {
    const { queryNorm, keyNorm } = attention;
    const size = this.#headSize;
    const operations: number[] = [];
    const queries = this.#parts.config.heads * size;
    if (queryNorm !== undefined)
      operations.push(this.#headNorm(queryNorm, columnsOf(projections, 0, queries)));
    if (keyNorm !== undefined) {
      const keys = columnsOf(projections, queries, this.#kvHeads * size);
      operations.push(this.#headNorm(keyNorm, keys));
    }
    if (rotary < 0) return operations;
    const rows = columnsOf(projections, 0, turning);
    operations.push(this.#program.add({ name: 'rotary', table: rotary, heads: turning / size, rows }));
    return operations;
  }

  /** A score made of a hidden layer; outer products get the operation that makes their factors. */
  #mapped(
    score: MappedReference,
    hidden: Columns,
    heads: number,
    name: string,
    operations: number[],
  ): ScoreOperation {
    const { weight, length, shared, output, bias } = score;
    if (score.kind === 'dense') return { kind: 'dense', weight, length, hidden, shared, output, bias };
    const { tile } = score;
    const factors = this.#program.buffer(name, heads * (tile + length / tile));
    operations.push(
      this.#program.add({
        name: 'headLinear',
        in: hidden,
        out: allOf(factors),
        ...{ heads, shared, output, bias },
      }),
    );
    return { kind: 'factorized-dense', weight, length, tile, factors: allOf(factors) };
  }

  #feedForward(layer: LayerReference, input: RowBuffer, out: RowBuffer, residual: RowBuffer): number[] {
    const { intermediate: columns, activation, gated } = this.#parts.config;
    const inner = this.#program.buffer('inner', (gated ? 2 : 1) * columns);
    const up = [{ ...layer.up, columns }];
    if (gated) up.push({ ...layer.gate!, columns });
    return [
      this.#linear(allOf(input), inner, up, gated ? {} : { activation }),
      ...(gated ? [this.#program.add({ name: 'glu', activation, rows: allOf(inner) })] : []),
      this.#linear(columnsOf(inner, 0, columns), out, [{ ...layer.down, columns: out.columns }], {
        residual: allOf(residual),
      }),
    ];
  }

  #linear(
    from: Columns,
    to: RowBuffer,
    parts: readonly Part[],
    rest: Pick<Extract<Operation, { name: 'linear' }>, 'activation' | 'residual'> = {},
  ): number {
    return this.#program.add({ name: 'linear', in: from, out: allOf(to), parts, int8: this.#int8, ...rest });
  }

  #norm({ gamma, beta }: NormReference, from: RowBuffer, to: RowBuffer): number {
    const { norm: kind = 'layer', epsilon } = this.#parts.config;
    return this.#program.add({ name: 'norm', kind, epsilon, gamma, beta, in: allOf(from), out: allOf(to) });
  }

  #headNorm({ gamma, beta }: NormReference, rows: Columns): number {
    const { norm: kind = 'layer', epsilon } = this.#parts.config;
    const groups = rows.count! / this.#headSize;
    return this.#program.add({ name: 'norm', kind, epsilon, gamma, beta, groups, in: rows, out: rows });
  }
}

type MappedReference = Extract<ScoreReference, { kind: 'dense' | 'factorized-dense' }>;
