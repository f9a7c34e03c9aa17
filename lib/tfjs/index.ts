/** TensorFlow.js with this package's kernels: importing it registers the backend 'synthetic'. */
import { registerSynthetic } from './backend/register.js';

registerSynthetic();

export { BACKEND_NAME, SyntheticBackend, type SyntheticMemory } from './backend/synthetic_backend.js';
export * from './layers/index.js';
