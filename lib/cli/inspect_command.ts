/** `synthetic-attention inspect`: a page that shows what a model attends to. */
import { Command } from 'commander';
import { DEFAULT_MODEL } from '../hub/packaged.js';

interface Options {
  model: string;
  text: string;
  output: string;
  title?: string;
}

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('Write a page that shows the attention weights of every layer and head for one text.')
    .option(
      '--model <model>',
      'a directory, or a name such as org/model at the Hugging Face hub',
      DEFAULT_MODEL,
    )
    .requiredOption('--text <text>', 'what the model reads')
    .option('--output <file>', 'the page; - is standard output', 'attention.html')
    .option('--title <text>', 'heading of the page, by default the name of the model directory')
    .action(async (options: Options) => {
      const { runInspect } = await import('./inspect.js');
      await runInspect(options, process.stderr);
    });
}
