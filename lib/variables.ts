/** The environment variables that the package reads; docs/install.md lists them. */

function read(name: string): string | undefined {
  try {
    return process.env[name];
  } catch {
    // Deno throws where its permissions leave a variable out.
    return undefined;
  }
}

/** Variables by name; one that may not be read counts as one that is not set. */
export const variables: Readonly<Record<string, string | undefined>> = new Proxy(
  {},
  { get: (_, name) => (typeof name === 'string' ? read(name) : undefined) },
);
