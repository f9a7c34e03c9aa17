import type { TextSource } from '../../lib/models/types.js';
import { FakeEncoder, type StreamOptions } from './fake_encoder.js';

/** Counts texts and calls `onBatch` between batches. */
export class WatchedEncoder extends FakeEncoder {
  encoded = 0;

  constructor(private readonly onBatch: (batches: number) => void = () => {}) {
    super(16, 100);
  }

  override async *encodeStream(source: TextSource, options: StreamOptions = {}) {
    let batches = 0;
    for await (const batch of super.encodeStream(source, options)) {
      this.encoded += batch.texts;
      yield batch;
      this.onBatch(++batches);
    }
  }
}
