/**
 * The Rust library beside this package's tokenizers, where the environment names a Python that has it:
 * SYNTHETIC_ATTENTION_TOKENIZERS_PYTHON=golden-venv/bin/python npm run fuzz -- --target tokenizers
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../lib/package_root.js';

export class ReferenceTokenizers {
  private child: ChildProcess | undefined;
  private lines: AsyncIterator<string> | undefined;

  constructor(private readonly python: string) {}

  /** Undefined where no Python is named. */
  static fromEnvironment(): ReferenceTokenizers | undefined {
    const python = process.env.SYNTHETIC_ATTENTION_TOKENIZERS_PYTHON;
    return python ? new ReferenceTokenizers(python) : undefined;
  }

  /** Undefined for what the library refuses. */
  async ids(tokenizer: string, text: string): Promise<number[] | undefined> {
    if (this.child === undefined) this.start();
    this.child!.stdin!.write(`${JSON.stringify({ tokenizer, text })}\n`);
    const line = await this.lines!.next();
    if (line.done) throw new Error(`${this.python} ended: does it have the library tokenizers?`);
    return (JSON.parse(line.value) as { ids?: number[] }).ids;
  }

  close(): void {
    this.child?.kill();
    this.child = undefined;
  }

  private start(): void {
    const script = join(packageRoot(), 'test/fuzz/reference_tokenizers.py');
    this.child = spawn(this.python, [script], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }
}
