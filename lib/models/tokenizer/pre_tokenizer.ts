/** What a pre-tokenizer does. */
import type { WordStage } from './stage.js';
import type { WorkMeter } from './steps.js';

export interface PreTokenizer {
  /**
   * For short texts, at once.
   * @param first whether the text is the beginning of the whole input
   */
  apply(text: string, first: boolean): string[];
  /** The same for a long one, in steps. */
  stage(first: boolean, meter: WorkMeter): WordStage;
}
