/** `synthetic-attention info`: what runs here, for bug reports. */
import { Command } from 'commander';
import type { Info } from '../diagnostics.js';

function infoText(info: Info): string {
  const tiers = info.tiers.map((tier) => {
    if (tier.name === info.isa) return `${tier.name} (in use)`;
    if (tier.supported) return tier.name;
    return `${tier.name} (${tier.compiled ? 'not run by this CPU' : 'not in this build'})`;
  });
  const rows: [string, string][] = [
    ['version', info.version],
    ['node', `${info.node}, ${info.platform}`],
    ['cpu', `${info.cpu}, ${info.availableCpus} available`],
    ['isa', info.isa],
    ['tiers', tiers.join(', ')],
    ['int8', info.int8],
    ['threads', String(info.threads)],
    ['build', `${info.compiler}, Node-API ${info.napiVersion}`],
    ['addon', info.addonPath],
  ];
  return rows.map(([name, value]) => `${name.padEnd(8)} ${value}`).join('\n');
}

export function infoCommand(): Command {
  return new Command('info')
    .description('Print version, CPU, instruction set in use, threads and build.')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { info } = await import('../diagnostics.js');
      process.stdout.write(`${json ? JSON.stringify(info(), null, 2) : infoText(info())}\n`);
    });
}
