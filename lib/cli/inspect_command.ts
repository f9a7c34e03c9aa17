/** `synthetic-attention inspect`: a page that shows what a model attends to. */
import { Command } from 'commander';

interface Options {
  model: string;
  text: string;
  output: string;
  title?: string;
}

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('Write a page that shows the attention weights of every layer and head for one text.')
    .requiredOption('--model <dir>', 'model directory')
    .requiredOption('--text <text>', 'what the model reads')
    .option('--output <file>', 'the page; - is standard output', 'attention.html')
    .option('--title <text>', 'heading of the page, by default the name of the model directory')
    .action(async (options: Options) => {
      const { runInspect } = await import('./inspect.js');
      await runInspect(options, process.stderr);
    });
}
