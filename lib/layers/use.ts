/** Calls on the pool hold on to what was made from a layer's weights, and notice when these are replaced. */

export interface Freeable {
  dispose(): void;
}

/** A call that is under way. */
export interface LayerUse {
  /** Whether weights were replaced since it began: later steps of the call read other weights than earlier ones. */
  readonly changed: boolean;
  end(): void;
}

/** Of one layer. */
export class Use {
  /** Calls under way. */
  private calls = 0;
  /** Times that the weights were replaced. */
  private changes = 0;
  /** What to free when no call is under way. */
  private unneeded: Freeable[] = [];

  change(): void {
    this.changes++;
  }

  free(memory: Freeable): void {
    if (this.calls > 0) this.unneeded.push(memory);
    else memory.dispose();
  }

  begin(): LayerUse {
    this.calls++;
    const before = this.changes;
    const changed = () => this.changes !== before;
    return {
      get changed() {
        return changed();
      },
      end: () => this.end(),
    };
  }

  private end(): void {
    if (--this.calls > 0) return;
    const freed = this.unneeded;
    this.unneeded = [];
    for (const memory of freed) memory.dispose();
  }
}

/** The use of several layers as one. */
export function together(uses: readonly LayerUse[]): LayerUse {
  return {
    get changed() {
      return uses.some((use) => use.changed);
    },
    end() {
      for (const use of uses) use.end();
    },
  };
}
