/** `synthetic-attention serve`: flags and variables, signals, the exit code. */
import { Command, Option } from 'commander';
import { flagOf, OPTIONS, type OptionRow, readCommandOptions, variableOf } from '../server/options.js';
import { variables } from '../variables.js';

function addRow(command: Command, row: OptionRow): void {
  const { kind, value, help, default: byDefault } = row;
  const listed = Array.isArray(byDefault) || byDefault === undefined || kind.type === 'boolean';
  const text = `${help}${listed ? '' : ` (default: ${byDefault})`} [${variableOf(row.name)}]`;
  const flag = flagOf(row.name);
  if (kind.type === 'boolean') {
    command.addOption(new Option(flag, text));
    if (byDefault === true) command.addOption(new Option(flag.replace('--', '--no-'), `not ${flag}`));
    return;
  }
  const option = new Option(`${flag} <${value}>`, text);
  if (kind.type === 'list') {
    option.argParser((item: string, previous: string[] | undefined) => [...(previous ?? []), item]);
  }
  command.addOption(option);
}

export function serveCommand(): Command {
  const command = new Command('serve').description(
    'Serve embeddings over HTTP, by the contracts of OpenAI and of text-embeddings-inference.',
  );
  for (const row of OPTIONS) addRow(command, row);
  return command.action(async (flags: Record<string, unknown>) => {
    const options = readCommandOptions(flags, variables);
    const [{ startServer }, { setThreads }] = await Promise.all([
      import('../server/serve.js'),
      import('../diagnostics.js'),
    ]);
    if (options.threads !== undefined) setThreads(options.threads);
    // A signal that comes while the models load ends the process as it would without this.
    const { stop } = await startServer(options);
    const signal = await nextSignal();
    // Whoever sends a second one does not want to wait.
    nextSignal().then((name) => process.exit(name === 'SIGINT' ? 130 : 143));
    const whole = await stop(signal);
    // Timers and idle workers of others must not keep the process.
    process.exit(whole ? 0 : 1);
  });
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });
}
