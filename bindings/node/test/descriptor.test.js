'use strict';

// A listed file, given instead of the two fields that name it.

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');

const { WsChannel } = require('..');
const { failure } = require('./helpers/failure');
const { peer } = require('./helpers/peer');

let there;
let client;
let listed;

before(async () => {
  there = await peer();
  client = new WsChannel(there.settings);
  [listed] = (await client.listFiles({})).fileDescriptors;
});

after(async () => {
  await client.close();
  await there.close();
});

test('a listed file is downloaded, streamed and deleted', async () => {
  assert.ok(listed.fileTimestamp && listed.status, 'it has members that a request does not');
  assert.equal((await client.downloadFile(listed)).content.size, 1024 * 1024);
  let size = 0;
  for await (const piece of client.downloadFileStream(listed)) size += piece.length;
  assert.equal(size, 1024 * 1024);
  // The request was sent: the scripted bank deletes nothing.
  assert.equal((await failure(client.deleteFile(listed))).code, 'ws_channel.bank_refused');
});

test('so is one that crossed a queue, one with a bank beside it, and one that was downloaded', async () => {
  const { fileReference, fileType } = listed;
  const downloaded = { name: 'a.dat', path: '/tmp/a.dat', fileReference, fileType, bytes: 1, status: 'downloaded' };
  for (const given of [
    JSON.parse(JSON.stringify(listed)),
    structuredClone(listed),
    { ...listed, bank: 'nordea' },
    { ...listed, serviceId: 'N/A', targetId: '1' },
    downloaded,
  ]) {
    assert.equal((await client.downloadFile(given)).content.size, 1024 * 1024);
  }
});

test('a field that neither has is refused, and so is a part of a listed file', async () => {
  const { fileReference, fileTimestamp, fileType } = listed;
  for (const [given, field] of [
    [{ ...listed, status2: 'NEW' }, 'status2'],
    [{ ...listed, file_type: 'KTL' }, 'file_type'],
    [{ fileType, fileReference, fileTimestamp }, 'fileTimestamp'],
    [{ fileType, fileReference, targetId: '1' }, 'targetId'],
    [{ ...listed, path: '/tmp/a.dat' }, 'path'],
  ]) {
    const error = await failure(client.downloadFile(given));
    assert.deepEqual([error.code, error.context.field, error.operation], ['input.unknown_field', field, 'ws_channel.download_file']);
  }
  // No other operation accepts one.
  assert.equal((await failure(client.listFiles(listed))).code, 'input.unknown_field');
  // A call by name accepts only the catalogue's fields.
  const { fileReference: file_reference, fileType: file_type, status } = listed;
  const error = await failure(client.call('ws_channel.download_file', { file_type, file_reference, status }));
  assert.equal(error.code, 'input.unknown_field');
});

test('a listed file is not changed', async () => {
  const copy = structuredClone(listed);
  await client.downloadFile(listed);
  assert.deepEqual(listed, copy);
});
