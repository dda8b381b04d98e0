// 64 concurrent list_files against a service: `node list_files.mjs bankchannel` or `axios`. Environment variables:
// ISECURE_BASE_URL, ISECURE_API_KEY, BENCH_ID_TOKEN, BENCH_CALLS.

import { createRequire } from 'node:module';
import http from 'node:http';
import { join } from 'node:path';

import { concurrently, report, variable } from './measure.mjs';

const require = createRequire(import.meta.url);
const { target } = require('../test/helpers/paths.js');
const WIDTH = 64;

const baseUrl = variable('ISECURE_BASE_URL');
const apiKey = variable('ISECURE_API_KEY');
const idToken = variable('BENCH_ID_TOKEN');
const calls = Number(variable('BENCH_CALLS'));

const clients = {
  bankchannel() {
    const { WsChannel } = require('..');
    const client = new WsChannel({ baseUrl, apiKey, idToken, mode: 'data', bank: 'simulator' });
    return async () => (await client.listFiles()).fileDescriptors;
  },
  axios() {
    const axios = require(join(target, 'npm/node_modules/axios'));
    const session = axios.create({
      baseURL: baseUrl,
      headers: { authorization: idToken, 'x-api-key': apiKey },
      httpAgent: new http.Agent({ keepAlive: true, maxSockets: WIDTH }),
    });
    return async () => (await session.get('/files/simulator')).data.FileDescriptors;
  },
};

const [name] = process.argv.slice(2);
if (!(name in clients)) throw new Error(`there are ${Object.keys(clients).join(', ')}`);
const call = clients[name]();
const work = async () => {
  if (!Array.isArray(await call())) throw new Error('no list was answered');
};
await concurrently(Math.max(WIDTH * 8, Math.floor(calls / 10)), WIDTH, work);
const before = process.cpuUsage();
const begun = process.hrtime.bigint();
await concurrently(calls, WIDTH, work);
const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
const { user, system } = process.cpuUsage(before);
report({ calls, cpu_us_per_call: (user + system) / calls, seconds });
