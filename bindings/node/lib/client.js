'use strict';

// The base class of the generated clients.

const { PassThrough } = require('node:stream');
const { inspect } = require('node:util');

const { onAbort } = require('./abort');
const { Call, carryThrough, hooks, teller } = require('./call');
const { inPlace, sink, source } = require('./content');
const { described } = require('./descriptor');
const { encode } = require('./encode');
const {
  BankchannelError,
  inCamelCase,
  inOperation,
  invalidField,
  own,
  typed,
} = require('./error');
const { variables } = require('./environment');
const { elsewhere, here, object, textOf } = require('./local');
const { native } = require('./native');
const { printed, settingsShown } = require('./printed');
const { CAMEL, SNAKE, plain } = require('./shape');
const tracing = require('./tracing');
const { uncloneable } = require('./uncloneable');
const { writer } = require('./writer');

/** Settings completed from the environment. */
const fromEnvironment = new WeakMap();

/** The operations of each class, by their names. */
const indexes = new WeakMap();

function indexed(operations) {
  let index = indexes.get(operations);
  if (index === undefined) {
    index = new Map(Object.values(operations).map((operation) => [operation.name, operation]));
    indexes.set(operations, index);
  }
  return index;
}

/**
 * Refuses an address that is there and undefined: a misspelt member was meant, and without an address a client would ask the
 * real bank.
 */
function addressed(settings) {
  for (const name of Object.keys(settings)) {
    if (settings[name] !== undefined || !/url$/i.test(name)) continue;
    throw invalidField(name, 'is undefined: give the address, or leave the setting out where none is meant');
  }
}

class Client {
  #native;
  #number;
  #operations;
  #options;
  #objects;
  #shown;
  #running = new Set();

  /** `objects` maps, for each object of the program, questions to methods. */
  constructor(protocol, form, operations, settings, options, objects = {}) {
    this.#objects = objects;
    this.#options = checked(options, objects);
    this.#operations = operations;
    try {
      addressed(object('settings', settings));
      const text = encode(form.in({ ...object('settings', settings) }));
      const environment = fromEnvironment.has(settings) ? variables(fromEnvironment.get(settings)) : undefined;
      this.#native = typed(() => new (native().Client)(protocol, text, environment));
    } catch (error) {
      throw inCamelCase(error);
    }
    uncloneable(this);
    this.#number = this.#native.number;
    const address = this.#native.address();
    this.#shown = {
      protocol,
      ...settingsShown(settings),
      ...(address && { [address[0]]: address[1] }),
      ...(fromEnvironment.has(settings) && { fromEnv: true }),
    };
  }

  /** `prefix` is that of the variables. */
  static _fromEnv(prefix, settings, options) {
    const given = { ...object('settings', settings) };
    fromEnvironment.set(given, prefix);
    return new this(given, options);
  }

  /** Runs any operation by its name. A local operation is computed on another thread. */
  async call(name, request = {}, options = {}) {
    Client.#check(this);
    try {
      const { content, ...rest } = object('options', options);
      const known = this.#known(name);
      const { request: form, response } = known ?? PLAIN;
      const text = encode(form.in(object('request', request), SNAKE));
      if (known?.local) return response.out(await this.#compute(name, text, content, rest.requestId), SNAKE);
      return await this.#run({ name, response, contentOut: 'content' }, text, content, rest, SNAKE);
    } catch (error) {
      throw ofOption(inOperation(error, name), request, options);
    }
  }

  /** Runs a local operation by its name, synchronously. */
  callLocal(name, request = {}, options = {}) {
    Client.#check(this);
    try {
      const known = this.#known(name);
      const { request: form, response } = known ?? PLAIN;
      const text = encode(form.in(object('request', request), SNAKE));
      return response.out(this.#here(name, text, 'content', options.content, SNAKE), SNAKE);
    } catch (error) {
      throw inOperation(error, name);
    }
  }

  /**
   * Closes the client: cancels running calls, and releases its connections, session and settings now, not at garbage
   * collection.
   */
  async close() {
    Client.#check(this);
    const handle = this.#native;
    this.#native = undefined;
    for (const call of this.#running) call.cancel();
    if (handle) typed(() => handle.close());
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    await this.close();
  }

  /** The output of `console.log`: nothing secret or personal. */
  [inspect.custom](depth, options) {
    const closed = this.#native === undefined && { closed: true };
    return printed(this, { ...this.#shown, ...closed }, depth, options);
  }

  async _call(operation, request, options) {
    try {
      Client.#check(this);
      const { contentIn } = operation;
      const given = object('request', request);
      const content = given[contentIn];
      return await this.#run(operation, textOf(operation, described(operation, given)), content, options);
    } catch (error) {
      throw inCamelCase(withPartial(inOperation(error, operation.name), operation));
    }
  }

  /** Iterates over the items of all pages, one after the other. */
  async *_items(operation, request, options) {
    const { member, next, items } = operation.pages;
    let from;
    for (;;) {
      const given = from === undefined ? request : { ...request, [member]: from };
      const page = await this._call(operation, given, options);
      const listed = page[items[0]];
      yield* listed;
      const following = page[next];
      // A peer's list may go in circles.
      if (following === undefined || listed.length === 0 || following === from || (typeof following === 'number' && following < from)) return;
      from = following;
    }
  }

  _local(operation, request) {
    try {
      Client.#check(this);
      const { name, contentIn } = operation;
      const given = object('request', request);
      const content = given[contentIn];
      return operation.response.out(this.#here(name, textOf(operation, given), contentIn, content));
    } catch (error) {
      throw inCamelCase(inOperation(error, operation.name));
    }
  }

  /** A local operation on another thread: the event loop goes on. */
  async _elsewhere(operation, request) {
    try {
      Client.#check(this);
      const { name, contentIn } = operation;
      const given = object('request', request);
      const content = given[contentIn];
      const text = textOf(operation, given);
      return operation.response.out(await this.#compute(name, text, content, undefined, contentIn, CAMEL));
    } catch (error) {
      throw inCamelCase(inOperation(error, operation.name));
    }
  }

  _stream(operation, request, options = {}) {
    const stream = new PassThrough();
    const stop = new AbortController();
    const { signal } = options;
    const pass = () => stop.abort(signal.reason);
    let heard = () => {};
    if (signal?.aborted) pass();
    else if (typeof signal?.addEventListener === 'function') heard = onAbort(signal, pass);
    stream.once('close', () => {
      stop.abort();
      heard();
    });
    const running = this._call(operation, request, { ...options, signal: stop.signal, destination: stream });
    const response = running.catch((fault) => {
      if (fault instanceof BankchannelError) throw fault;
      // The reader has closed the stream.
      throw inOperation(
        own('cancelled', 'cancelled', 'the stream was closed before its end', {}, { cause: fault }),
        operation.name,
      );
    });
    // The reader of the stream gets the error there.
    response.catch((error) => stream.destroy(error));
    return Object.defineProperty(stream, 'response', { value: response });
  }

  /** Methods of a wrapper cannot reach what belongs to the client itself. */
  static #check(client) {
    if (#native in client) return;
    const message =
      'this client is wrapped in a Proxy, as by reactive state or a container: keep the client itself there unwrapped, ' +
      'such as with markRaw of Vue or observable.ref of MobX';
    throw own('configuration.invalid', 'configuration', message);
  }

  #known(name) {
    return indexed(this.#operations).get(nameOf(name));
  }

  #here(name, text, field, content, names = CAMEL) {
    this.#handle();
    return here(this.#number, name, text, field, content, names === CAMEL);
  }

  async #compute(name, text, content, requestId, field = 'content', names = SNAKE) {
    this.#handle();
    const from = content === undefined ? undefined : inPlace(field, content);
    const given = identifier(requestId);
    return elsewhere((events, id) => native().compute(this.#number, events, id, name, text, from, undefined, given, names === CAMEL));
  }

  async #run(operation, text, content, options, names = CAMEL) {
    const { destination, timeout, signal, onProgress, requestId, retries, withResponse, ...callbacks } = object('options', options);
    const { onCode, signer, logger, onRequest, onResponse, tracer, traceparent, ...given } = {
      ...this.#options,
      ...checked(callbacks, this.#objects),
    };
    const methods = methodsOf(this.#objects, given);
    const into = sink(destination);
    const from = source(operation.contentIn ?? 'content', content);
    const parts = { withResponse, operation: operation.name, pieces: from.pieces, field: operation.contentIn, onCode, methods, signer, logger, signal: signalOf(signal) };
    const form = {
      timeoutMs: milliseconds(timeout),
      cancelled: Boolean(signal?.aborted),
      log: logger !== undefined,
      progress: watched(onProgress),
      hooks: Boolean(onRequest ?? onResponse ?? tracer),
      requestId: identifier(requestId),
      retries: repetitions(retries),
      withResponse: answersInto(withResponse),
      asksNobody: !onCode && !methods,
      camel: names === CAMEL,
      ...from.form,
      ...into.form,
    };
    const handle = this.#handle();
    const out = into.writable && writer(into.writable);
    parts.take = (piece) => out.take(piece);
    parts.tell = teller(onProgress ?? undefined, logger);
    const span = tracing.begin(tracer, operation.name, this.#shown.baseUrl ?? this.#shown.fileUrl);
    parts.tellHooks = hooks({ onRequest, onResponse, span }, operation.name, logger);
    let call;
    try {
      form.traceparent = span?.header() ?? tracing.given(traceparent);
      call = new Call(handle, operation.name, text, form);
    } catch (error) {
      span?.end(error);
      throw error;
    }
    this.#running.add(call);
    try {
      const { response, bytes } = await carryThrough(call, parts);
      await out?.end();
      const made = operation.response.out(response, names);
      if (operation.contentOut in made)
        made[operation.contentOut] = received(made[operation.contentOut], bytes, out, form);
      span?.end();
      return made;
    } catch (error) {
      call.cancel();
      out?.destroy(error);
      span?.end(inOperation(error, operation.name));
      throw error;
    } finally {
      this.#running.delete(call);
    }
  }

  #handle() {
    if (!this.#native) throw own('configuration.closed', 'configuration', 'this client was closed');
    return this.#native;
  }
}

/** The forms of an operation that this version does not know. */
const PLAIN = { request: plain, response: plain };

/** Gives the finished part of a failed call the form of the operation's response. */
function withPartial(error, { name, response }) {
  if (!(error instanceof BankchannelError) || !error.partialResponse) return error;
  const partial = native().partialResponse(name, JSON.stringify(error.partialResponse));
  error.partialResponse = response.out(JSON.parse(partial));
  return error;
}

/** The content of a response, which is separate from its JSON. */
function received(content, bytes, out, form) {
  const size = bytes ? bytes.length : (content.size ?? out?.written ?? 0);
  return { size, ...(bytes && { data: bytes }), ...(form.destinationPath && { path: form.destinationPath }) };
}

/** The error text for an unknown option; a text that does not look like a name is not repeated. */
function unknownOption(name) {
  const isName = /^[A-Za-z_]\w{0,31}$/.test(name);
  const text = isName ? `there is no option \`${name}\`` : 'there is no such option';
  return own('input.unknown_field', 'invalid_input', text, { field: isName ? name : 'options' });
}

/** The given callables among the options. */
function checked(options, objects) {
  const made = {};
  for (const [name, given] of Object.entries(object('options', options ?? {}))) {
    if (given === undefined || given === null) continue;
    const wanted = Object.hasOwn(objects, name) ? 'object' : Object.hasOwn(CALLABLES, name) && CALLABLES[name];
    if (!wanted) throw unknownOption(name);
    if (![wanted].flat().includes(typeof given)) throw invalidField(name, `must be ${KINDS[wanted]}`);
    made[name] = given;
  }
  return made;
}

const CALLABLES = {
  onCode: 'function',
  signer: 'function',
  logger: 'object',
  onRequest: 'function',
  onResponse: 'function',
  tracer: 'object',
  traceparent: ['string', 'function'],
};

/** What errors say of them. */
const KINDS = { function: 'a function', object: 'an object', 'string,function': 'a string or a function' };

/** Whether a call reports its progress. */
function watched(onProgress) {
  if (onProgress === undefined || onProgress === null) return false;
  if (typeof onProgress !== 'function') throw invalidField('onProgress', 'must be a function');
  return true;
}

/** A request id as a string; the native half checks its format. */
function identifier(given) {
  if (given === undefined || given === null) return undefined;
  if (typeof given !== 'string') throw invalidField('requestId', 'must be a string');
  return given;
}

/** The most repetitions of an exchange; the native half knows the limit. */
function repetitions(given) {
  if (given === undefined || given === null) return undefined;
  if (!Number.isInteger(given) || given < 0 || given >= 2 ** 31) throw invalidField('retries', 'must be a whole number from 0 to 10');
  return given;
}

/** Whether the answers to the exchanges are wanted. */
function answersInto(given) {
  if (given === undefined || given === null) return false;
  if (!Array.isArray(given)) throw invalidField('withResponse', 'must be an array, which the answers are added to');
  return true;
}

/** Names an invalid request id as the option that has it: a call by name has its other fields in snake_case. */
function ofOption(error, request, options) {
  const isOption = error?.context?.field === 'request_id' && options?.requestId !== undefined && request?.request_id === undefined;
  return isOption ? inCamelCase(error) : error;
}

/** Maps kinds of questions to methods; `undefined` if no object was given. */
function methodsOf(objects, given) {
  const found = Object.entries(given).flatMap(([option, object]) =>
    Object.entries(objects[option]).map(([kind, [method, question, answer]]) => [kind, { object, method, question, answer }]),
  );
  return found.length > 0 ? new Map(found) : undefined;
}

function nameOf(name) {
  if (typeof name !== 'string') throw invalidField('name', 'must be the name of an operation');
  return name;
}

/** The longest time limit in seconds, besides none. */
const DAY_S = 86_400;

function milliseconds(given) {
  if (given === undefined || given === null) return -1;
  if (typeof given !== 'number' || Number.isNaN(given) || given < 0) {
    throw invalidField('timeout', 'must be a number of seconds, 0 or more');
  }
  if (given === Infinity) return Number.MAX_SAFE_INTEGER;
  // Elsewhere in Node such numbers are milliseconds.
  if (given > DAY_S) throw invalidField('timeout', `is in seconds: ${DAY_S}, a day, is the most, or Infinity`);
  return Math.ceil(given * 1000);
}

function signalOf(given) {
  if (given === undefined || given === null) return undefined;
  if (typeof given.addEventListener !== 'function' || typeof given.aborted !== 'boolean')
    throw invalidField('signal', 'must be an AbortSignal');
  return given;
}

module.exports = { Client };
