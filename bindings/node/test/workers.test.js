'use strict';

// Worker threads and processes.

const assert = require('node:assert/strict');
const cluster = require('node:cluster');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { serialize } = require('node:v8');
const { Worker } = require('node:worker_threads');

const { SaltEdgeWorker, Service, WsChannel } = require('..');
const { failure } = require('./helpers/failure');
const { peer, silent } = require('./helpers/peer');
const { run } = require('./helpers/process');

const here = path.join(__dirname, '..');
let there;

before(async () => {
  there = await peer();
});

after(() => there.close());

/** A worker that runs this text as the body of an async function, with `WsChannel` and `settings`. */
function worker(body, settings) {
  const program = `
    const { parentPort, workerData: settings } = require('node:worker_threads');
    const { WsChannel, ...bankchannel } = require(${JSON.stringify(here)});
    (async () => { ${body} })().then((value) => parentPort.postMessage(value));`;
  return new Worker(program, { eval: true, workerData: settings });
}

const ended = (one) => new Promise((resolve, reject) => one.once('exit', resolve).once('error', reject));

test('each worker has a client of its own, all at the same time', async () => {
  const body = `
    const client = new WsChannel(settings);
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.listFiles()));
    await client.close();
    return answers.filter((answer) => answer.fileDescriptors[0].fileReference === '227166').length;`;
  const counts = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const one = worker(body, there.settings);
      const exit = ended(one);
      const count = await new Promise((resolve) => one.once('message', resolve));
      assert.equal(await exit, 0);
      return count;
    }),
  );
  assert.deepEqual(counts, Array(6).fill(20));
});

test('a worker ends in the middle of its call, and the process goes on', async () => {
  for (let round = 0; round < 10; round += 1) {
    const nobody = await silent();
    const one = worker(`await new WsChannel(settings).listFiles();`, nobody.settings);
    const exit = ended(one);
    await nobody.arrived;
    await one.terminate();
    await exit;
    nobody.close();
  }
  const client = new WsChannel(there.settings);
  assert.equal((await client.listFiles()).fileDescriptors.length, 1);
  await client.close();
});

test('answers that arrive while their worker ends disturb nobody', async () => {
  const body = `
    const client = new WsChannel(settings);
    for (;;) await Promise.all(Array.from({ length: 16 }, () => client.listFiles()));`;
  for (let round = 0; round < 10; round += 1) {
    const one = worker(body, there.settings);
    await new Promise((resolve) => one.once('online', resolve));
    await sleep(30 + 10 * round);
    await one.terminate();
  }
  const client = new WsChannel(there.settings);
  assert.equal((await client.listFiles()).fileDescriptors.length, 1);
  await client.close();
});

test('a client cannot be sent to another worker: it says so, and nothing breaks', async () => {
  const client = new WsChannel(there.settings);
  const one = worker('return 1', undefined);
  const exit = ended(one);
  const service = await Service.start();
  const { port1 } = new MessageChannel();
  const saltEdge = new SaltEdgeWorker({ work: async () => ({}) });
  for (const open of [client, service, saltEdge]) {
    for (const copy of [(what) => structuredClone(what), (what) => port1.postMessage(what), serialize]) {
      const error = await failure(() => copy({ settings: [open] }));
      assert.equal(error.name, copy === serialize ? 'Error' : 'DataCloneError');
      assert.match(error.message, /make one in each process and worker/);
    }
  }
  // A copy of a secret would be empty, and may be all that is left of a key.
  const key = client.generateKey({ name: 'You', email: 'you@example.test' });
  for (const copy of [(what) => structuredClone(what), (what) => port1.postMessage(what), serialize]) {
    const error = await failure(() => copy(key));
    assert.match(error.message, /send what its reveal\(\) gives/);
  }
  port1.close();
  assert.equal(await exit, 0);
  await saltEdge.close();
  await service.close();
  await client.close();
});

test('a process ends when its work is done, with clients and services left open', async () => {
  const program = `
    const { Service, WsChannel } = require(${JSON.stringify(here)});
    (async () => {
      await Service.start({ verificationCode: '123456' });
      const client = new WsChannel(JSON.parse(process.argv[1]));
      console.log((await client.listFiles()).fileDescriptors.length);
    })();`;
  const done = await run(program, { args: [JSON.stringify(there.settings)] });
  assert.deepEqual([done.code, done.signal, done.out.trim(), done.err], [0, null, '1', '']);
});

test('a process waits for a call that nothing else waits for', async () => {
  const program = `
    const { WsChannel } = require(${JSON.stringify(here)});
    new WsChannel(JSON.parse(process.argv[1])).listFiles().then(() => console.log('answered'));`;
  const done = await run(program, { args: [JSON.stringify(there.settings)] });
  assert.deepEqual([done.code, done.out.trim()], [0, 'answered']);
});

test('a process can exit in the middle of calls', async () => {
  for (const way of [
    'process.exit(7)',
    'setTimeout(() => process.exit(7), 50)',
    "setImmediate(() => { throw new Error('mine'); })",
  ]) {
    const nobody = await silent();
    const program = `
      const { WsChannel } = require(${JSON.stringify(here)});
      const client = new WsChannel(JSON.parse(process.argv[1]));
      for (let each = 0; each < 8; each += 1) client.listFiles().catch(() => {});
      ${way};`;
    const done = await run(program, { args: [JSON.stringify(nobody.settings)] });
    nobody.close();
    assert.equal(done.signal, null, done.err);
    assert.equal(done.code, way.includes('throw') ? 1 : 7, done.err);
  }
});

test('a signal ends a process in the middle of a call as it ends any', async () => {
  const nobody = await silent();
  const program = `
    const { WsChannel } = require(${JSON.stringify(here)});
    new WsChannel(JSON.parse(process.argv[1])).listFiles();
    setTimeout(() => process.kill(process.pid, 'SIGTERM'), 100);`;
  const done = await run(program, { args: [JSON.stringify(nobody.settings)] });
  nobody.close();
  assert.equal(done.signal, 'SIGTERM');
});

test('a child process is forked while a call is in flight: both go on', async () => {
  const nobody = await silent();
  const quiet = new WsChannel(nobody.settings);
  const running = failure(quiet.listFiles({}, { timeout: 5 }));
  await nobody.arrived;
  const program = `
    const { WsChannel } = require(${JSON.stringify(here)});
    new WsChannel(JSON.parse(process.argv[1])).listFiles().then((answer) => console.log(answer.responseText));`;
  const done = await run(program, { args: [JSON.stringify(there.settings)] });
  assert.deepEqual([done.code, done.out.trim()], [0, 'OK']);
  await quiet.close();
  assert.equal((await running).code, 'cancelled');
  nobody.close();
});

test('the workers of a cluster each make calls', async () => {
  cluster.setupPrimary({ exec: path.join(__dirname, 'helpers/cluster_worker.js') });
  const client = new WsChannel(there.settings);
  const running = Promise.all(Array.from({ length: 50 }, () => client.listFiles()));
  const counts = await Promise.all(
    [1, 2, 3].map(
      () =>
        new Promise((resolve, reject) => {
          const one = cluster.fork({ SETTINGS: JSON.stringify(there.settings) });
          let count;
          one.once('message', (message) => {
            count = message;
            one.disconnect();
          });
          one.once('error', reject);
          one.once('exit', (code) => resolve([code, count]));
        }),
    ),
  );
  assert.deepEqual(counts, [
    [0, 10],
    [0, 10],
    [0, 10],
  ]);
  assert.equal((await running).length, 50);
  await client.close();
});
