/** The page's script: plain JavaScript without dependencies, in pieces that share one scope. */
import { COLOUR_SCRIPT } from './script/colour.js';
import { DATA_SCRIPT } from './script/data.js';
import { DETAIL_SCRIPT } from './script/detail.js';
import { MAP_SCRIPT } from './script/map.js';
import { OVERVIEW_SCRIPT } from './script/overview.js';
import { READOUT_SCRIPT } from './script/readout.js';
import { START_SCRIPT } from './script/start.js';

export const PAGE_SCRIPT = [
  "'use strict';",
  DATA_SCRIPT,
  COLOUR_SCRIPT,
  OVERVIEW_SCRIPT,
  MAP_SCRIPT,
  READOUT_SCRIPT,
  DETAIL_SCRIPT,
  START_SCRIPT,
].join('\n');
