/** Prints how many bytes the files of a folder have once they are compressed, by extension. */

import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const [folder] = process.argv.slice(2);
const sizes = {};
for (const name of readdirSync(folder)) {
  const extension = name.split('.').at(-1);
  sizes[extension] = (sizes[extension] ?? 0) + gzipSync(readFileSync(`${folder}/${name}`)).length;
}
console.log(JSON.stringify(sizes));
