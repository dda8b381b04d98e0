// The memory that many calls retain: memory in use after GROWTH_FIRST calls (100,000) compared with GROWTH_LAST
// (1,000,000), for each kind of call, in a separate process each. Fails above a mebibyte.
//
//   node growth.mjs [local|failing|exchange]…

import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { report } from './measure.mjs';

const require = createRequire(import.meta.url);
const here = fileURLToPath(import.meta.url);
const KINDS = ['local', 'failing', 'exchange'];
const LIMIT_KIB = 1024;
const first = Number(process.env.GROWTH_FIRST ?? 100_000);
const last = Number(process.env.GROWTH_LAST ?? 1_000_000);

/**
 * Memory in use in KiB with nothing left to collect: the minimum of several measurements. It is the resident memory,
 * but with the used part of V8's heap: V8 keeps some 3 MiB of empty pages or frees them, from one measurement to the
 * next.
 */
async function inUse() {
  let least = Infinity;
  for (let round = 0; round < 20; round += 1) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { heapTotal, heapUsed } = process.memoryUsage();
    const resident = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
    least = Math.min(least, Math.round(resident - (heapTotal - heapUsed) / 1024));
  }
  return least;
}

async function measure(kind, settings) {
  const { WsChannel } = require('..');
  const client = new WsChannel(settings);
  const content = Buffer.from('<Document/>');
  const works = {
    local: async () => client.checkPaymentFile({ content }),
    failing: () =>
      client.listFiles({ status: 'no such' }).then(
        () => Promise.reject(new Error('it did not fail')),
        () => {},
      ),
    exchange: () => client.listFiles(),
  };
  const work = works[kind];
  const until = async (from, end) => {
    for (let made = from; made < end;) {
      const batch = [];
      for (let each = 0; each < 64 && made < end; each += 1, made += 1) batch.push(work());
      await Promise.all(batch);
      // Collected objects are finalized between turns of the event loop.
      await new Promise(setImmediate);
    }
  };
  // A forced collection changes the growth of the heap: one is forced before both measurements.
  await until(0, first / 2);
  await inUse();
  await until(first / 2, first);
  const before = await inUse();
  await until(first, last);
  const after = await inUse();
  await client.close();
  report({ kind, calls: last, before_kib: before, after_kib: after, growth_kib: after - before });
}

/** The peer in a separate process, so that its memory is not counted. */
async function served() {
  const program = `require(${JSON.stringify(require.resolve('../test/helpers/peer.js'))}).peer().then(({ settings }) => console.log(JSON.stringify(settings)))`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise((resolve) => child.stdout.once('data', resolve));
  return { settings: JSON.parse(line), stop: () => child.kill() };
}

if (process.env.GROWTH_SETTINGS) {
  await measure(process.argv[2], JSON.parse(process.env.GROWTH_SETTINGS));
} else {
  const asked = process.argv.slice(2);
  const { settings, stop } = await served();
  for (const kind of asked.length > 0 ? asked : KINDS) {
    if (!KINDS.includes(kind)) throw new Error(`there are ${KINDS.join(', ')}`);
    const env = { ...process.env, GROWTH_SETTINGS: JSON.stringify(settings) };
    // A small young generation: otherwise V8's own reserve would vary more than the measured growth.
    const done = spawnSync(process.execPath, ['--expose-gc', '--max-semi-space-size=2', here, kind], {
      env,
      encoding: 'utf8',
    });
    if (done.status !== 0) throw new Error(done.stderr);
    process.stdout.write(done.stdout);
    if (JSON.parse(done.stdout).growth_kib > LIMIT_KIB) process.exitCode = 1;
  }
  stop();
}
