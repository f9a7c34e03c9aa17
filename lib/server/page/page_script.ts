/** The playground's script: plain JavaScript without dependencies, in pieces that share one scope. */
import { COLOUR_SCRIPT } from '../../explain/script/colour.js';
import { ATTENTION_SCRIPT } from './script/attention.js';
import { ELEMENTS_SCRIPT } from './script/elements.js';
import { FIGURES_SCRIPT } from './script/figures.js';
import { MATRIX_SCRIPT } from './script/matrix.js';
import { NEIGHBOURS_SCRIPT } from './script/neighbours.js';
import { REQUEST_SCRIPT } from './script/request.js';
import { SIMILARITY_SCRIPT } from './script/similarity.js';
import { START_SCRIPT } from './script/start.js';

export const PLAYGROUND_SCRIPT = [
  "'use strict';",
  ELEMENTS_SCRIPT,
  COLOUR_SCRIPT,
  REQUEST_SCRIPT,
  MATRIX_SCRIPT,
  NEIGHBOURS_SCRIPT,
  SIMILARITY_SCRIPT,
  ATTENTION_SCRIPT,
  FIGURES_SCRIPT,
  START_SCRIPT,
].join('\n');
