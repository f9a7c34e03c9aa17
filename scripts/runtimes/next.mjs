// Next.js: a route that encodes, built and started.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment, expectEqual, run, Skip } from './outcome.mjs';
import { folderOf, installed, tools } from './project.mjs';

const ROUTE = `
  import { Encoder } from 'synthetic-attention';
  export const runtime = 'nodejs';
  export const dynamic = 'force-dynamic';
  let encoder;
  export async function GET() {
    encoder ??= Encoder.load('synthesizer-mini');
    const { shape } = await (await encoder).encode(['a text']);
    return Response.json({ shape });
  }
`;
const LAYOUT = `export default ({ children }) => <html><body>{children}</body></html>;`;

async function next() {
  const folder = await tools('next', 'next@16', 'react@19', 'react-dom@19');
  const target = join(folder, 'node_modules/synthetic-attention');
  rmSync(target, { recursive: true, force: true });
  cpSync(installed, target, { recursive: true });
  mkdirSync(join(folder, 'app/embed'), { recursive: true });
  writeFileSync(join(folder, 'app/embed/route.js'), ROUTE);
  writeFileSync(join(folder, 'app/layout.jsx'), LAYOUT);
  writeFileSync(
    join(folder, 'next.config.mjs'),
    `export default { serverExternalPackages: ['synthetic-attention'] };\n`,
  );
  const bin = join(folderOf(folder, 'next'), 'dist/bin/next');
  const env = { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' };
  rmSync(join(folder, '.next'), { recursive: true, force: true });
  const built = await run(process.execPath, [bin, 'build'], { cwd: folder, env, timeout: 400_000 });
  if (built.status !== 0) {
    const text = built.stdout + built.stderr;
    // Next.js fetches its compiler where npm has not brought it.
    if (/swc/i.test(text) && !existsSync(join(folder, 'node_modules/@next')))
      throw new Skip('its compiler is not installed');
    throw new Error(text.slice(-2000));
  }
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const child = spawn(process.execPath, [bin, 'start', '-p', String(port), '-H', '127.0.0.1'], {
    cwd: folder,
    env: { ...environment, ...env },
    stdio: 'ignore',
  });
  const closed = new Promise((resolve) => child.on('close', resolve));
  try {
    let answer;
    for (let attempt = 0; answer === undefined && attempt < 120; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      answer = await fetch(`http://127.0.0.1:${port}/embed`).catch(() => undefined);
    }
    expectEqual(
      'the answer of the route',
      [answer?.status, await answer?.json()],
      [200, { shape: [1, 384] }],
    );
  } finally {
    child.kill('SIGTERM');
    await closed;
  }
}

export const nextCases = { 'next.js external': next };
