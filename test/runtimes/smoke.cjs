const use = require('./use.cjs');

use({
  main: require('synthetic-attention'),
  server: require('synthetic-attention/server'),
  transformers: require('synthetic-attention/transformers'),
}).then((result) => console.log(JSON.stringify(result)));
