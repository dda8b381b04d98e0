// How much memory a million local calls, and exchanges among them, keep: resident memory after GROWTH_FIRST calls (100,000)
// against after GROWTH_LAST (1,000,000). `node --expose-gc growth.mjs`.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { report } from './measure.mjs';

const require = createRequire(import.meta.url);
const { WsChannel } = require('..');
const { peer } = require('../test/helpers/peer.js');

const first = Number(process.env.GROWTH_FIRST ?? 100_000);
const last = Number(process.env.GROWTH_LAST ?? 1_000_000);
const kind = process.argv[2] ?? 'local';
if (!globalThis.gc) throw new Error('run it with node --expose-gc');

/** Resident memory in KiB, with nothing left to collect. */
async function resident() {
  for (let round = 0; round < 5; round += 1) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
}

const there = await peer();
const client = new WsChannel(there.settings);
// An operation that computes as little as possible.
const local = () => client.callLocal('ws_channel.check_payment_file', {}, { content: Buffer.from('<a/>') });
const works = {
  local: async () => local(),
  // A thousand calls, and one that fails, at a time.
  exchange: async () => {
    await client.listFiles();
  },
  failing: async () => {
    await client.listFiles({ status: 'no such' }).then(
      () => {
        throw new Error('it did not fail');
      },
      () => {},
    );
  },
};
const work = works[kind];
if (!work) throw new Error(`there are ${Object.keys(works).join(', ')}`);

async function until(end, from) {
  for (let made = from; made < end; ) {
    const batch = [];
    for (let each = 0; each < 64 && made < end; each += 1, made += 1) batch.push(work());
    await Promise.all(batch);
    // Finalizers of what was collected run between turns of the event loop.
    await new Promise(setImmediate);
  }
}

await until(first, 0);
const before = await resident();
await until(last, first);
const after = await resident();
await client.close();
there.close();
report({ kind, calls: last, before_kib: before, after_kib: after, growth_kib: after - before });
