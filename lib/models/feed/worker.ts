/** What a thread that tokenizes runs: its own tokenizer, slices of texts in, ids out. */
import { parentPort, workerData } from 'node:worker_threads';
import { JsonObject } from '../directory/json_file.js';
import { drain } from '../tokenizer/steps.js';
import { Tokenizer, type TokenizerOptions } from '../tokenizer/tokenizer.js';
import { tokenizeSlice } from './slice.js';

export interface ThreadData {
  /** tokenizer.json */
  source: string;
  values: Readonly<Record<string, unknown>>;
  options: TokenizerOptions;
}

export interface ThreadTask {
  id: number;
  prompt: string;
  texts: readonly string[];
}

/** 'ready' comes first, then one result for every task. */
export type ThreadMessage = 'ready' | { id: number; ids: Int32Array; offsets: Int32Array };

function run(port: NonNullable<typeof parentPort>, { source, values, options }: ThreadData): void {
  const tokenizer = Tokenizer.create(new JsonObject(source, values), options);
  port.on('message', ({ id, prompt, texts }: ThreadTask) => {
    const { ids, offsets } = drain(tokenizeSlice(tokenizer, prompt, texts));
    const message: ThreadMessage = { id, ids, offsets };
    port.postMessage(message, [ids.buffer as ArrayBuffer, offsets.buffer as ArrayBuffer]);
  });
  port.postMessage('ready' satisfies ThreadMessage);
}

if (parentPort) run(parentPort, workerData as ThreadData);
