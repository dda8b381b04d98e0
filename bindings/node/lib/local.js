'use strict';

// Local operations: shared code of the generated functions and the clients.

const fs = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
// Unlike `instanceof` it also knows the arrays of another realm.
const { isUint8Array } = require('node:util/types');

const { inPlace } = require('./content');
const { encode } = require('./encode');
const { fromJson, fromNative, inCamelCase, inOperation, invalidField, placed, typed } = require('./error');
const { promised } = require('./events');
const { native } = require('./native');

const numbers = new Map();

/** The native half's number of an operation. */
function numberOf(name) {
  let number = numbers.get(name);
  if (number === undefined) {
    number = native().operation(name);
    numbers.set(name, number);
  }
  return number;
}

/** Runs an operation synchronously, with the client of this number or without one; `camel` says how members are named. */
function here(client, name, text, field, content, camel = true) {
  const from = content === undefined ? undefined : inPlace(field, content);
  let answer;
  try {
    answer = native().local(client, numberOf(name), text, from, camel);
  } catch (thrown) {
    throw fromNative(thrown);
  }
  return JSON.parse(answer);
}

/** The same on another thread; `begin` starts it. */
async function elsewhere(begin) {
  const event = await promised((events, id) => typed(() => begin(events, id)));
  if (event.kind === 'failed') throw fromJson(event.text);
  return JSON.parse(event.text);
}

/** Runs an operation without a client, synchronously. */
function local(operation, request = {}) {
  return inItsNames(operation, () => {
    const { name, contentIn, rows } = operation;
    const content = object('request', request)[contentIn];
    const list = rows && request[rows.list];
    if (isRows(list)) return withRows(operation, request, list);
    return operation.response.out(here(undefined, name, textOf(operation, request), contentIn, content));
  });
}

/** The text of a request, whose content is passed beside it. */
function textOf(operation, request) {
  const { [operation.contentIn]: content, ...fields } = request;
  return encode(operation.request.in(fields));
}

/** Whether a list is given as an iterator of its items. */
function isRows(list) {
  return typeof list === 'object' && list !== null && !Array.isArray(list) && typeof list[Symbol.iterator] === 'function';
}

/** The same on another thread: the event loop goes on. A buffer is copied, because the program may change it. */
async function localElsewhere(operation, request = {}) {
  const { name, contentIn, rows } = operation;
  let written;
  try {
    const content = object('request', request)[contentIn];
    const list = rows && request[rows.list];
    if (isRows(list)) written = rowsFile(operation, request, list);
    const from = written ? { path: written.path } : content;
    const place = from === undefined ? undefined : inPlace(contentIn, from);
    const text = textOf(operation, written ? written.fields : request);
    return operation.response.out(
      await elsewhere((events, id) => native().compute(undefined, events, id, name, text, place, undefined, undefined, true)),
    );
  } catch (error) {
    throw inCamelCase(inOperation(error, name));
  } finally {
    if (written) fs.rmSync(written.folder, { recursive: true, force: true });
  }
}

/** The same with the items of a list written to a file as lines, one by one: memory stays small. */
function withRows(operation, request, list) {
  const { folder, path, fields } = rowsFile(operation, request, list);
  try {
    return operation.response.out(here(undefined, operation.name, textOf(operation, fields), operation.contentIn, { path }));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** A file with the items of a list as lines, in a folder of its own that the caller removes, and the other fields. */
function rowsFile(operation, request, list) {
  const { contentIn, rows } = operation;
  if (request[contentIn] !== undefined && request[contentIn] !== null)
    throw invalidField(rows.list, `is given beside ${contentIn}: give one`);
  const folder = fs.mkdtempSync(join(tmpdir(), 'bankchannel-rows-'));
  try {
    const path = join(folder, 'rows');
    // On Windows the folder for temporary files is the user's own, and modes have no effect.
    const file = fs.openSync(path, 'wx', 0o600);
    try {
      let [lines, number] = [[], 0];
      for (const item of list) {
        lines.push(row(operation, item, number++));
        if (lines.length === LINES) lines = written(file, lines);
      }
      written(file, lines);
    } finally {
      fs.closeSync(file);
    }
    return { folder, path, fields: { ...request, [rows.list]: undefined, [rows.format[0]]: rows.format[1] } };
  } catch (error) {
    fs.rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** One item as a line. An error names its index in the list. */
function row({ name, request, rows }, item, number) {
  const place = `${rows.list}[${number}]`;
  if (typeof item !== 'object' || item === null) throw invalidField(place, 'must be an object');
  try {
    const text = encode(request.in({ [rows.list]: [item] })[rows.list][0]);
    return `${typed(() => native().listItem(numberOf(name), rows.list, text))}\n`;
  } catch (error) {
    throw placed(error, place);
  }
}

/** Lines written at once. */
const LINES = 1000;

function written(file, lines) {
  // Writes everything, in as many writes as necessary.
  fs.writeFileSync(file, lines.join(''));
  return [];
}

/** Iterates over all pages of an operation, each read on another thread: pairs of a list's member and its item. */
async function* items(operation, request = {}) {
  const { name, contentIn, pages } = operation;
  const { from, fields } = inItsNames(operation, () => {
    const content = object('request', request)[contentIn];
    return { from: inPlace(contentIn, content), fields: { ...request } };
  });
  // A buffer is copied once, not for each page.
  const kept = isUint8Array(from) ? new (native().KeptContent)(from) : undefined;
  const place = kept === undefined ? from : undefined;
  try {
    for (;;) {
      let answer;
      try {
        const text = textOf(operation, fields);
        answer = await elsewhere((events, id) => native().compute(undefined, events, id, name, text, place, kept, undefined, true));
      } catch (error) {
        throw inCamelCase(inOperation(error, name));
      }
      const page = operation.response.out(answer);
      for (const outer of page[pages.items[0]]) for (const item of outer[pages.items[1]]) yield [outer, item];
      if (page[pages.next] === undefined) return;
      fields[pages.member] = page[pages.next];
    }
  } finally {
    kept?.release();
  }
}

function inItsNames(operation, work) {
  try {
    return work();
  } catch (error) {
    throw inCamelCase(inOperation(error, operation.name));
  }
}

function object(field, value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidField(field, 'must be an object');
  return value;
}

module.exports = { elsewhere, here, items, local, localElsewhere, object, textOf };
