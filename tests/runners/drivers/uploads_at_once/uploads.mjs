// Uploads the files of a job at once and prints whose answers each upload got; see `tests/uploads_at_once.rs`.
//
// node uploads.mjs JOB.json

import { readFileSync } from 'node:fs';

import { WsChannel } from '../../../../bindings/node/index.mjs';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const client = new WsChannel(Object.fromEntries(Object.entries(job.settings).map(([name, value]) => [camel(name), value])));

async function one({ id, path }) {
  const { answers, missing, verdict } = await client.uploadAndWait({
    content: { path },
    fileType: 'pain.001.001.09',
    privateKey: { file: job.private_key_file },
    waitFor: job.wait_for,
    waitTimeoutS: 120,
    pollIntervalS: 0.2,
  });
  const reports = answers.flatMap(({ report }) => report?.reports ?? []);
  const entries = answers.flatMap(({ statement }) => statement?.statements ?? []).flatMap(({ entries }) => entries);
  const named = [
    ...reports.map(({ originalMessageId }) => originalMessageId),
    ...entries.flatMap(({ batches }) => batches).map(({ messageId }) => messageId),
  ];
  return { id, verdict, named, missing };
}

for (const told of await Promise.all(job.uploads.map(one))) console.log(JSON.stringify(told));
await client.close();
