/** What people see while a model is fetched. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createDownloadProgress } from '../../lib/cli/download_progress.js';

function stream(terminal: boolean): { stderr: NodeJS.WriteStream; text: () => string } {
  const pass = new PassThrough();
  const parts: string[] = [];
  pass.on('data', (chunk: Buffer) => parts.push(chunk.toString()));
  // What cli-progress asks of a terminal.
  const terminals = { isTTY: terminal, columns: 200, cursorTo() {}, clearLine() {}, moveCursor() {} };
  return {
    stderr: Object.assign(pass, terminals) as unknown as NodeJS.WriteStream,
    text: () => parts.join(''),
  };
}

const MB = 1_000_000;

describe('progress of a download', () => {
  it('is a bar over all files on a terminal', async () => {
    const { stderr, text } = stream(true);
    const progress = createDownloadProgress(stderr);
    progress({ file: 'config.json', loaded: MB, total: MB });
    progress({ file: 'model.safetensors', loaded: 2 * MB, total: 7 * MB });
    // More than the pause that the bar makes between two pictures.
    await new Promise((done) => setTimeout(done, 150));
    progress({ file: 'model.safetensors', loaded: 3 * MB, total: 7 * MB });
    progress.stop();
    progress.stop();
    expect(text()).toMatch(/fetching config\.json .* 1\.0 of 1\.0 MB/s);
    expect(text()).toMatch(/fetching model\.safetensors .* 50 % \| 4\.0 of 8\.0 MB \| \d+\.\d MB\/s/s);
  });

  it('is one line a file elsewhere', () => {
    const { stderr, text } = stream(false);
    const progress = createDownloadProgress(stderr);
    progress({ file: 'model.safetensors', loaded: 0, total: 7 * MB });
    progress({ file: 'model.safetensors', loaded: 7 * MB, total: 7 * MB });
    progress({ file: 'model.safetensors', loaded: 7 * MB, total: 7 * MB });
    progress({ file: 'config.json', loaded: 1, total: undefined });
    progress.stop();
    expect(text()).toBe('fetched model.safetensors (7.0 MB)\n');
  });

  it.each([true, false])(
    'is nothing where nothing is fetched, or nothing is wanted (terminal: %p)',
    (terminal) => {
      const { stderr, text } = stream(terminal);
      createDownloadProgress(stderr).stop();
      const quiet = createDownloadProgress(stderr, true);
      quiet({ file: 'config.json', loaded: 1, total: 1 });
      quiet.stop();
      expect(text()).toBe('');
    },
  );
});
