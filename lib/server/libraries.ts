/** What no server needs to be ready: loaded after it listens, and only an early request waits for it. */
import type Ajv from 'ajv';
import type Prometheus from 'prom-client';

export interface Libraries {
  ajv: typeof Ajv.default;
  prometheus: typeof Prometheus;
}

let loaded: Libraries | undefined;
let loading: Promise<Libraries> | undefined;

async function load(): Promise<Libraries> {
  const [ajv, prometheus] = await Promise.all([import('ajv'), import('prom-client')]);
  // Both are CommonJS, whose default is all that they export.
  loaded = { ajv: ajv.default.default, prometheus: prometheus.default };
  return loaded;
}

export function loadLibraries(): Promise<Libraries> {
  loading ??= load();
  return loading;
}

export function librariesLoaded(): boolean {
  return loaded !== undefined;
}

/** @throws Error before they are loaded */
export function libraries(): Libraries {
  if (loaded === undefined) throw new Error('the libraries of the server are not loaded yet');
  return loaded;
}
