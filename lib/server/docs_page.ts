/** The OpenAPI document as a page: no script, and nothing from elsewhere. */
import { createHash } from 'node:crypto';
import type { Document, Operation } from './openapi.js';
import type { Schema } from './schemas/schema.js';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h2 { margin-top: 2.5rem; border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding-top: 1rem; }
h2 code { font-size: 1.1rem; }
h2 b { font-size: .8rem; margin-right: .5rem; }
pre { overflow-x: auto; padding: .75rem; border-radius: .4rem;
  background: color-mix(in srgb, currentColor 7%, transparent); font-size: .85rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .9rem .3rem 0; }
`;

export const DOCS_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256')
  .update(STYLE)
  .digest('base64')}'; base-uri 'none'; frame-ancestors 'none'`;

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** @param base what stands before all paths when the plugin is mounted below one */
export function docsPage(document: Document, base: string): string {
  const routes = Object.entries(document.paths)
    .flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => section(method, path, operation)),
    )
    .join('\n');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(document.info.title)}: routes</title>
<style>${STYLE}</style>
<h1>${escaped(document.info.title)} ${escaped(document.info.version)}</h1>
<p>${escaped(document.info.description)} <a href="${escaped(base)}/openapi.json">OpenAPI document</a></p>
${routes}
</html>
`;
}

function section(method: string, path: string, operation: Operation): string {
  const body = operation.requestBody?.content['application/json'].schema;
  const [status, answer] = Object.entries(operation.responses)[0] ?? [];
  const schema = Object.values(answer?.content ?? {})[0]?.schema;
  return `<h2><b>${method.toUpperCase()}</b><code>${escaped(path)}</code></h2>
<p>${escaped(operation.summary)}</p>
${body ? fields(body) : ''}
${schema ? `<p>Answer (${status}):</p><pre>${escaped(JSON.stringify(outline(schema), null, 2))}</pre>` : ''}`;
}

function fields(schema: Schema, prefix = ''): string {
  const rows = rowsOf(schema, prefix);
  return `<div class="scroll"><table><tr><th>property<th>type<th>default<th></tr>
${rows.join('\n')}
</table></div>`;
}

function rowsOf(schema: Schema, prefix: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const required = schema.required?.includes(name) ? 'required' : property.default;
    const byDefault = required === undefined ? '' : String(required);
    const row = `<tr><td><code>${escaped(prefix + name)}</code><td>${escaped(typeOf(property))}<td>${escaped(byDefault)}<td>${escaped(property.description ?? '')}`;
    return [row, ...rowsOf(property, `${prefix}${name}.`)];
  });
}

function typeOf(schema: Schema): string {
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ');
  if (schema.type === 'array') return `${typeOf(schema.items ?? {})}[]`;
  return [schema.type ?? 'any'].flat().join(' | ');
}

/** An answer with types in the place of values. */
function outline(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.properties) {
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, outline(property)]),
    );
  }
  if (schema.type === 'array') return [outline(schema.items ?? {})];
  return typeOf(schema);
}
