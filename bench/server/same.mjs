// Whether the server gives the embeddings of the encoder.

/** Other batches add in another order. */
const SAME = 0.99999;

function cosine(a, b) {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return dot / Math.sqrt(aa * bb);
}

/** @returns the lowest cosine; throws when it is too low */
export async function proveSame(address, route, encoder, texts) {
  const answer = await fetch(address + route.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(route.body(texts)),
  });
  if (answer.status !== 200) throw new Error(`proof: expected 200 but received ${await answer.text()}`);
  const rows = route.rows(await answer.json());
  const { data } = await encoder.encode(texts);
  const width = data.length / texts.length;
  const cosines = texts.map((_, i) => {
    const row = rows[i];
    return row?.length === width ? cosine(row, data.subarray(i * width, (i + 1) * width)) : Number.NaN;
  });
  const lowest = cosines.reduce((a, b) => (b >= a ? a : b));
  if (!(lowest >= SAME)) throw new Error(`proof: expected a cosine of ${SAME} but received ${lowest}`);
  return lowest;
}
