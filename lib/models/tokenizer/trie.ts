/** The tokens of a vocabulary by their beginnings. */
import { PairMap } from './pair_map.js';

/** Tokens by their code units. */
export class Trie {
  private readonly edges = new PairMap();
  /** Of every node the token that ends there, or -1. */
  private readonly ends: Int32Array;

  constructor(tokens: readonly string[]) {
    const most = tokens.reduce((sum, token) => sum + token.length, 1);
    const ends = new Int32Array(most).fill(-1);
    let nodes = 1;
    for (const [id, token] of tokens.entries()) {
      let node = 0;
      for (let i = 0; i < token.length; i++) {
        const unit = token.charCodeAt(i);
        let child = this.edges.get(node, unit);
        if (child < 0) {
          child = nodes++;
          this.edges.set(node, unit, child);
        }
        node = child;
      }
      ends[node] = id;
    }
    this.ends = ends.slice(0, nodes);
  }

  /** -1 where no token goes on like this. */
  child(node: number, unit: number): number {
    return this.edges.get(node, unit);
  }

  token(node: number): number {
    return this.ends[node]!;
  }
}
