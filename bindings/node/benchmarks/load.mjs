// Requiring the package compared with requiring axios, alternating in fresh processes. Axios comes from target/npm.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { median, report } from './measure.mjs';

const { package: ours, target } = createRequire(import.meta.url)('../test/helpers/paths.js');
const ROUNDS = 21;

/** Milliseconds that a fresh process takes to require a module, without the process's own start. */
function load(module) {
  const program = `
    const begun = process.hrtime.bigint();
    require(${JSON.stringify(module)});
    console.log(Number(process.hrtime.bigint() - begun) / 1e6);`;
  const done = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr);
  return Number(done.stdout);
}

const times = { ours: [], against: [] };
for (let round = 0; round < ROUNDS; round += 1) {
  times.ours.push(load(ours));
  times.against.push(load(join(target, 'npm/node_modules/axios')));
}
report({ ours_ms: median(times.ours), against_ms: median(times.against), against: 'axios' });
