/** `env`: where models come from, by transformers.js' names. Read whenever a model is loaded. */

export interface TransformersEnvironment {
  /** Version of the interface: the transformers.js whose behaviour this entry follows. */
  version: string;
  /** Taken so that programs which set them run; nothing here reads them. */
  // biome-ignore lint/suspicious/noExplicitAny: settings of runtimes that this package does not use
  backends: { onnx: Record<string, any> };
  /** Whether models that are not on this machine may be fetched. */
  allowRemoteModels: boolean;
  /** Whether a name may be a directory of this machine. */
  allowLocalModels: boolean;
  /** Where directories of models are looked for by name. */
  localModelPath: string;
  /** Cache of fetched models; null: that of the environment (HF_HUB_CACHE and the like). */
  cacheDir: string | null;
  /** Hub to fetch from; null: HF_ENDPOINT, or the Hugging Face hub. */
  remoteHost: string | null;
  /** Taken and not read, as all below. */
  remotePathTemplate: string;
  useFS: boolean;
  useFSCache: boolean;
  useBrowserCache: boolean;
  useCustomCache: boolean;
  customCache: unknown;
  useWasmCache: boolean;
  cacheKey: string;
  logLevel: number;
}

export const env: TransformersEnvironment = {
  version: '4.3.1',
  // Programs set env.backends.onnx.wasm.numThreads without asking whether there is a wasm.
  backends: { onnx: { wasm: {}, webgpu: {} } },
  allowRemoteModels: true,
  allowLocalModels: true,
  localModelPath: './models/',
  cacheDir: null,
  remoteHost: null,
  remotePathTemplate: '{model}/resolve/{revision}/',
  useFS: true,
  useFSCache: true,
  useBrowserCache: false,
  useCustomCache: false,
  customCache: null,
  useWasmCache: false,
  cacheKey: 'transformers-cache',
  logLevel: 30,
};

export const LogLevel = Object.freeze({ DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40, NONE: 50 } as const);
