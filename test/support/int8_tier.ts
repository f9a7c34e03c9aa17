/** How exact 8 bits are on this CPU: the bounds of tests that compare int8 results with float32. */
import { info } from '../../lib/diagnostics.js';

/**
 * Whether the CPU sums two products in 16 bits (AVX2 without VNNI), so that neighbouring weights share 128 steps.
 * Elsewhere every weight has 127 steps on each side of zero.
 */
export const PAIRED = info().int8.includes('pairs');

/** Lowest and mean cosine to float32 that all-MiniLM-L6-v2 keeps over 512 glosses. Measured: 0.99757 and 0.99892; paired 0.99645 and 0.99873. */
export const MINILM_COSINE = PAIRED ? { lowest: 0.996, mean: 0.9985 } : { lowest: 0.997, mean: 0.9985 };

/**
 * The same for a copy that `convertModel` stored in 8 bits. Where pairs share their steps its codes are rounded a second
 * time when they are read. Measured: as above; paired 0.99660 and 0.99849.
 */
export const MINILM_STORED_COSINE = PAIRED ? { lowest: 0.996, mean: 0.998 } : MINILM_COSINE;

/** Lowest cosine to float32 that the package's own model keeps over its golden texts. Measured: 0.99944; paired 0.99922. */
export const DEFAULT_MODEL_COSINE = PAIRED ? 0.9985 : 0.999;
