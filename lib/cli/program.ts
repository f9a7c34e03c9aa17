/** The command's tree: one row a subcommand. */
import { Command } from 'commander';
import { version } from '../package_root.js';
import { buildCommand } from './build_command.js';
import { convertCommand } from './convert_command.js';
import { encodeCommand } from './encode_command.js';
import { infoCommand } from './info_command.js';
import { inspectCommand } from './inspect_command.js';
import { searchCommand } from './search_command.js';
import { serveCommand } from './serve_command.js';

/** A subcommand, complete with options and action. */
const COMMANDS: readonly (() => Command)[] = [
  encodeCommand,
  searchCommand,
  serveCommand,
  convertCommand,
  inspectCommand,
  infoCommand,
  buildCommand,
];

export function createProgram(): Command {
  const program = new Command('synthetic-attention');
  program.description('Fast attention for Node: text embeddings and diagnostics.').version(version());
  for (const create of COMMANDS) program.addCommand(create());
  // Errors go through one place (failure.ts) instead of commander's own exit.
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureOutput({ writeErr: () => {} })
      .showHelpAfterError(false);
  }
  return program;
}
