'use strict';

// `iterNewFiles`: a bank's new files, one at a time. It combines the operations `listFiles` and `downloadNewFiles`.

const { readdir } = require('node:fs/promises');

const { textOfPath } = require('./content');
const { inOperation, missing } = require('./error');
const { object } = require('./local');

/** The prefix of the hidden files that remember begun and unreported downloads (see `downloadNewFiles`). */
const BEGUN = '.bankchannel-file-';

/** Gives each new file when it is in the folder; the next one is downloaded when it is asked for. */
async function* newFiles(client, operations, request, options) {
  const { directory, ledger, parse, ...filter } = object('request', request);
  if (directory === undefined || directory === null) {
    throw inOperation(missing('directory', 'is needed: the folder for the files'), operations.downloadNewFiles.name);
  }
  const all = { ...filter, status: filter.status ?? 'NEW', directory, ledger, parse };
  // Before the listing: a download that is begun now is none of an earlier run.
  const isLeft = all.status === 'NEW' && (await hasBegun(ledger ?? directory));
  const listed = await client._call(operations.listFiles, { ...filter, status: all.status }, options);
  /** The status of each given file, by type and reference. */
  const given = new Map();
  const requests = listed.fileDescriptors.map((file) => [keyOf(file), { ...all, fileReference: file.fileReference }]);
  // Last the downloads of earlier runs, which cannot be found otherwise.
  if (isLeft) requests.push([undefined, all]);
  for (const [key, wanted] of requests) {
    if (given.has(key)) continue;
    const { files } = await client._call(operations.downloadNewFiles, wanted, options);
    for (const file of files) {
      const before = given.get(keyOf(file));
      // One that failed before may have arrived now.
      if (before !== undefined && !(before === 'failed' && file.status === 'downloaded')) continue;
      given.set(keyOf(file), file.status);
      yield file;
    }
  }
}

function keyOf({ fileType, fileReference }) {
  return JSON.stringify([fileType, fileReference]);
}

/** Whether an earlier run has left an unfinished download. An unreadable folder is reported by the operation itself. */
async function hasBegun(ledger) {
  try {
    return (await readdir(textOfPath('ledger', ledger))).some((name) => name.startsWith(BEGUN));
  } catch {
    return false;
  }
}

module.exports = { newFiles };
