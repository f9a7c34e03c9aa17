/** `synthetic-attention search`: options, and the parts that `runSearch` is made of. */
import { Command } from 'commander';
import { oneOf, positiveInteger } from './option_values.js';
import { SEARCH_FORMATS, type SearchCommandOptions } from './search_options.js';
import { addDtypeOption, addInputOptions, addModelOptions, addRunOptions } from './shared_options.js';

interface Options extends SearchCommandOptions {
  threads?: number;
}

export function searchCommand(): Command {
  const command = new Command('search').description(
    'Print the texts that are nearest in meaning to a query, or to each text the nearest of the others.',
  );
  addInputOptions(addModelOptions(command))
    .option('--query <text...>', 'what to look for; without it, every text is looked for among the others')
    .option('--top-k <n>', 'nearest texts to print', positiveInteger('--top-k'), 3)
    .option(
      '--format <name>',
      `${SEARCH_FORMATS.join(' or ')}, which has the texts whole and the numbers of their records (default: text)`,
      oneOf('--format', SEARCH_FORMATS),
    )
    .option('--output <file>', '- is standard output', '-');
  return addRunOptions(addDtypeOption(command)).action(async (options: Options) => {
    const [{ runSearch }, { Encoder }, { resolveModel }, { setThreads }] = await Promise.all([
      import('./search.js'),
      import('../models/encoder.js'),
      import('../hub/resolve.js'),
      import('../diagnostics.js'),
    ]);
    if (options.threads !== undefined) setThreads(options.threads);
    await runSearch(options, {
      findModel: resolveModel,
      loadEncoder: (directory, loading) => Encoder.load(directory, loading),
      stderr: process.stderr,
    });
  });
}
