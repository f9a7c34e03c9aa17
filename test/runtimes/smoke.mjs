// The installed package as programs use it, in any runtime: `smoke.mjs` by import, `smoke.cjs` by require.
// Prints one JSON line. The first argument names a file to run as the command, the others come before it.

import * as main from 'synthetic-attention';
import * as server from 'synthetic-attention/server';
import * as transformers from 'synthetic-attention/transformers';
import use from './use.cjs';

use({ main, server, transformers }).then((result) => console.log(JSON.stringify(result)));
