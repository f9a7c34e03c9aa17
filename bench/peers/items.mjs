/**
 * The work that every contender does. An item is {id, suite, case, kind, unit, inputs, outputs, work, samples?} and
 * its sizes; inputs are [{name, shape, seed}], uniform in [-1, 1], made once for all processes. B of a product is an
 * operand like A, not a constant that may be packed beforehand. `work` is what one call does, in billions where
 * the unit says G.
 */
const MATMULS = [
  [1024, 1024, 1024],
  [512, 384, 1536],
  [32, 384, 384],
];
/** m = n = k. Ascending: a contender stops at the first size that is too slow. */
const SQUARES = [16, 32, 64, 128, 256, 512, 1024, 1536];
const SOFTMAX = [4096, 512];
const ATTENTIONS = [
  [8, 12, 128, 32],
  [1, 12, 512, 64],
];

function matmulItem(suite, name, [m, n, k]) {
  return {
    id: `${suite}-${name}`,
    suite,
    case: name,
    kind: 'matmul',
    unit: 'GFLOP/s',
    m,
    n,
    k,
    inputs: [
      { name: 'a', shape: [m, k], seed: 1 },
      { name: 'b', shape: [k, n], seed: 2 },
    ],
    work: (2 * m * n * k) / 1e9,
  };
}

function softmaxItem([rows, columns]) {
  return {
    id: `softmax-${rows}x${columns}`,
    suite: 'softmax',
    case: `${rows}x${columns}`,
    kind: 'softmax',
    unit: 'G elements/s',
    rows,
    columns,
    inputs: [{ name: 'x', shape: [rows, columns], seed: 3, amplitude: 10 }],
    work: (rows * columns) / 1e9,
  };
}

function attentionItem([batch, heads, length, dim]) {
  const shape = [batch, heads, length, dim];
  return {
    id: `attention-${shape.join('x')}`,
    suite: 'attention',
    case: shape.join('x'),
    kind: 'attention',
    unit: 'GFLOP/s',
    batch,
    heads,
    length,
    dim,
    scale: 1 / Math.sqrt(dim),
    inputs: ['q', 'k', 'v'].map((name, i) => ({ name, shape, seed: 4 + i })),
    // The two products; the softmax is not counted.
    work: (4 * batch * heads * length * length * dim) / 1e9,
  };
}

export function allItems() {
  return [
    ...MATMULS.map((size) => matmulItem('sgemm', size.join('x'), size)),
    softmaxItem(SOFTMAX),
    ...ATTENTIONS.map(attentionItem),
    ...SQUARES.map((n) => matmulItem('matmul-size', String(n), [n, n, n])),
  ];
}
