import { loadBackend } from './tfjs.mjs';

export const load = () => loadBackend('cpu');
