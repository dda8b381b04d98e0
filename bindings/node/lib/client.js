'use strict';

// What the generated clients stand on.

const { PassThrough } = require('node:stream');

const { native } = require('./native');
const { carryThrough, writer } = require('./call');
const { sink, source } = require('./content');
const { fromJson, inOperation, invalidField, own, typed } = require('./error');

class Client {
  #native;
  #onCode;
  #running = new Set();

  constructor(protocol, form, settings, options) {
    this.#native = typed(() => new (native().Client)(protocol, encode(form.in(object('settings', settings)))));
    this.#onCode = options?.onCode;
  }

  /** Any operation by its name. */
  async call(name, request = {}, options = {}) {
    const { content, ...rest } = object('options', options);
    const operation = { name, request: same, response: same, contentOut: 'content' };
    return this.#run(operation, object('request', request), content, rest);
  }

  /** Ends the client: running calls are cancelled. */
  async close() {
    this.#native = undefined;
    for (const call of this.#running) call.cancel();
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    await this.close();
  }

  async _call(operation, given, options) {
    try {
      const { rest, content } = apart(given, operation.contentIn);
      return await this.#run(operation, operation.request.in(rest), content, options);
    } catch (error) {
      throw inOperation(error, operation.name);
    }
  }

  _local(operation, given) {
    try {
      return this.#compute(operation, given);
    } catch (error) {
      throw inOperation(error, operation.name);
    }
  }

  _stream(operation, given, options) {
    const stream = new PassThrough();
    const stop = new AbortController();
    stream.once('close', () => stop.abort());
    const signal = options?.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
    const response = this._call(operation, given, { ...options, signal, destination: stream });
    // Whoever reads the stream learns of a failure there.
    response.catch((error) => stream.destroy(error));
    return Object.defineProperty(stream, 'response', { value: response });
  }

  #compute(operation, given) {
    const { rest, content } = apart(given, operation.contentIn);
    const from = source(operation.contentIn, content);
    if (from.pieces) throw invalidField(operation.contentIn, 'must be a Buffer or { path }: this operation only computes');
    const call = this.#begin(operation.name, encode(operation.request.in(rest)), { timeoutMs: -1, ...from.form });
    const event = typed(() => call.runLocal());
    if (event.kind === 'failed') throw fromJson(event.text);
    return operation.response.out(JSON.parse(event.text));
  }

  async #run(operation, request, content, options) {
    const { destination, timeoutMs, signal, onCode } = object('options', options);
    const into = sink(destination);
    const from = source(operation.contentIn ?? 'content', content);
    const parts = { pieces: from.pieces, onCode: onCode ?? this.#onCode, signal: signalOf(signal) };
    const cancelled = Boolean(signal?.aborted);
    const form = { timeoutMs: milliseconds(timeoutMs), cancelled, ...from.form, ...into.form };
    const out = into.writable && writer(into.writable);
    parts.take = (piece) => out.take(piece);
    const call = this.#begin(operation.name, encode(request), form);
    this.#running.add(call);
    try {
      const { response, bytes } = await carryThrough(call, parts);
      await out?.end();
      const made = operation.response.out(response);
      if (operation.contentOut in made) made[operation.contentOut] = received(made[operation.contentOut], bytes, out, form);
      return made;
    } catch (error) {
      out?.destroy(error);
      throw error;
    } finally {
      this.#running.delete(call);
    }
  }

  #begin(name, request, form) {
    if (!this.#native) throw own('configuration.closed', 'configuration', 'this client was closed');
    return typed(() => new (native().Call)(this.#native, name, request, form));
  }
}

/** What is passed on as it is. */
const same = { in: (value) => value, out: (value) => value };

/** The content of a response, which stands beside its JSON. */
function received(content, bytes, out, form) {
  const size = bytes ? bytes.length : (content.size ?? out?.written ?? 0);
  return { size, ...(bytes && { data: bytes }), ...(form.destinationPath && { path: form.destinationPath }) };
}

function apart(given, contentField) {
  const request = object('request', given);
  if (!contentField) return { rest: request };
  const { [contentField]: content, ...rest } = request;
  return { rest, content };
}

function object(field, value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidField(field, 'must be an object');
  return value;
}

function encode(request) {
  try {
    return JSON.stringify(request, (key, value) => {
      if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol') {
        throw invalidField(key, `cannot be a ${typeof value}`);
      }
      if (typeof value === 'number' && !Number.isFinite(value)) throw invalidField(key, `cannot be ${value}`);
      return value;
    });
  } catch (fault) {
    throw fault instanceof TypeError ? invalidField('request', fault.message) : fault;
  }
}

function milliseconds(given) {
  if (given === undefined || given === null) return -1;
  if (typeof given !== 'number' || Number.isNaN(given) || given < 0) {
    throw invalidField('timeoutMs', 'must be a number of milliseconds, 0 or more');
  }
  return Math.min(Math.ceil(given), Number.MAX_SAFE_INTEGER);
}

function signalOf(given) {
  if (given === undefined || given === null) return undefined;
  if (!(given instanceof AbortSignal)) throw invalidField('signal', 'must be an AbortSignal');
  return given;
}

module.exports = { Client, encode };
