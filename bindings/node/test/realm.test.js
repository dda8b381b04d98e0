'use strict';

// A test runner such as Jest runs programs in a separate realm, whose arrays, errors and signals have other classes.

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const vm = require('node:vm');

const { WsChannel } = require('..');
const { peer } = require('./helpers/peer');

let there;

before(async () => {
  there = await peer();
});

after(() => there.close());

test('values of another realm are taken for what they are', async () => {
  const client = new WsChannel(there.settings);
  const upload = vm.runInNewContext(
    `({ content: new Uint8Array([1, 2, 3]), fileName: 'a.xml', fileType: 'KTL', signature: 'x' })`,
  );
  await client.uploadFile(upload);
  assert.deepEqual([...there.uploads[0]], [1, 2, 3]);
  const pieces = vm.runInNewContext(
    `(async function* () { yield new Uint8Array([4]); yield new Uint8Array([5, 6]); })()`,
  );
  await client.uploadFile({ ...upload, content: pieces });
  assert.deepEqual([...there.uploads[1]], [4, 5, 6]);
  const signal = { aborted: false, addEventListener() {}, removeEventListener() {} };
  assert.equal((await client.listFiles(vm.runInNewContext('({})'), { signal })).responseText, 'OK');
  await client.close();
});
