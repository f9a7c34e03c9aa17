// Imported before the tests of tfjs-core, which read from here what they run on.
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '../../../lib/tfjs/index.ts';

// SYNTHETIC_NATIVE_SIZE of 0 leaves no size to the kernels of tfjs-backend-cpu.
const flags = JSON.parse(process.env.TFJS_SUITE_FLAGS);
setTestEnvs([
  {
    name: process.env.TFJS_SUITE_BACKEND,
    backendName: process.env.TFJS_SUITE_BACKEND,
    flags,
    isDataSync: true,
  },
]);
