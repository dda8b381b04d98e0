// Signing and uploading a file: BENCH_FILE (a path), BENCH_KEY_FILE (an armored private key), BENCH_ROUNDS, and where:
// ISECURE_BASE_URL, ISECURE_API_KEY, BENCH_ID_TOKEN. Seconds of each round.

import { createRequire } from 'node:module';

import { report, variable } from './measure.mjs';

const { WsChannel } = createRequire(import.meta.url)('..');

const client = new WsChannel({
  baseUrl: variable('ISECURE_BASE_URL'),
  apiKey: variable('ISECURE_API_KEY'),
  idToken: variable('BENCH_ID_TOKEN'),
  mode: 'data',
  bank: 'simulator',
});
const content = { path: variable('BENCH_FILE') };
const privateKey = { file: variable('BENCH_KEY_FILE') };
const seconds = [];
for (let round = 0; round < Number(variable('BENCH_ROUNDS')); round += 1) {
  const begun = process.hrtime.bigint();
  const fileName = `payment-${round}.xml`;
  await client.signAndUpload({ content, privateKey, fileType: 'pain.001.001.09', fileName, check: false });
  seconds.push(Number(process.hrtime.bigint() - begun) / 1e9);
}
await client.close();
report({ seconds });
