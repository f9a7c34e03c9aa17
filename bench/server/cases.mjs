// What clients do: texts a request, requests at a time.

export const CASES = [
  { texts: 1, clients: 1 },
  { texts: 1, clients: 16 },
  { texts: 1, clients: 64 },
  { texts: 32, clients: 4 },
].map(({ texts, clients }) => ({
  texts,
  clients,
  name: `${texts} text${texts > 1 ? 's' : ''} a request, ${clients} client${clients > 1 ? 's' : ''}`,
}));

/** One answer's embeddings are read back from what the client got, to be held against the encoder's. */
export const ROUTES = {
  tei: {
    path: '/embed',
    body: (texts) => ({ inputs: texts }),
    rows: (answer) => answer,
  },
  // As the official client asks, unless it is told otherwise.
  openai: {
    path: '/v1/embeddings',
    body: (texts) => ({ input: texts, model: 'served', encoding_format: 'base64' }),
    rows: ({ data }) =>
      data.map(({ embedding }) => {
        const bytes = Buffer.from(embedding, 'base64');
        return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
      }),
  },
};
