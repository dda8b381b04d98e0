// Uploads a file while the system refuses threads, and prints the errors; see `tests/threads_refused.rs`.
//
// node uploads.mjs JOB.json

import { readFileSync, rmSync, writeFileSync } from 'node:fs';

import { WsChannel } from '../../../../bindings/node/index.mjs';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const refused = process.env.THREADS_REFUSED;
const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

async function upload(client) {
  try {
    const named = { fileName: 'a.xml', fileType: 'pain.001.001.09', signature: 'c2lnbmF0dXJl' };
    await client.uploadFile({ content: { path: job.path }, ...named });
  } catch (error) {
    console.log(error.name, error.code, error.outcome, error.retryable);
  }
}

writeFileSync(refused, '');
const client = new WsChannel(Object.fromEntries(Object.entries(job.settings).map(([name, value]) => [camel(name), value])));
await upload(client);
rmSync(refused);
await client.listFiles().catch(() => {});
writeFileSync(refused, '');
await upload(client);
rmSync(refused);
await upload(client);
await client.close();
