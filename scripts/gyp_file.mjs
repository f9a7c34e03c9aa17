// Where binding.gyp is: at the root of a clone, in native/ of a package.
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';

/** Into native/, with its times: a copy makes nothing out of date. A package has it there already. */
export function copyGypFile(root) {
  const from = join(root, 'binding.gyp');
  if (existsSync(from)) cpSync(from, join(root, 'native', 'binding.gyp'), { preserveTimestamps: true });
}
