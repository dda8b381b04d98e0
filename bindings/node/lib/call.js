'use strict';

// One call from begin to end: the loop that answers its questions.

const { isNativeError, isUint8Array } = require('node:util/types');

const { onAbort } = require('./abort');
const { asBuffer } = require('./content');
const { encode } = require('./encode');
const { fromJson, inMiddle, inOperation, invalidField, missing, own, typed } = require('./error');
const { hold, promised, release } = require('./events');
const { native } = require('./native');

/** The reason to stop waiting for the caller's own code. */
const CANCELLED = Symbol('cancelled');
const EXPIRED = Symbol('expired');

/** The longest time of a timer, in milliseconds. */
const LONGEST = 0x7fffffff;

/** Slots of ended calls, for reuse. */
const places = [];
const PLACES = 256;

/** A call of the native half. */
class Call {
  #call;
  #first;
  #cancelled = false;
  #begun = performance.now();
  #limitMs;
  #expires;
  #leave;

  constructor(client, name, request, form) {
    this.#limitMs = () => (form.timeoutMs >= 0 ? form.timeoutMs : limitOf(client, name));
    this.#call = places.pop() ?? typed(() => new (native().Call)());
    this.#first = this.#next((events, id) => this.#call.begin(client, events, id, name, request, form));
    // If another fault is reported first, this one is never read.
    this.#first.catch(() => {});
  }

  /** The first event. */
  first() {
    return this.#first;
  }

  /** Sends a reply; promises the next event. */
  reply(kind, data) {
    return this.#next((events, id) => this.#call.reply(events, id, kind, data));
  }

  async #next(begin) {
    const event = await promised((events, id) => begun(() => begin(events, id)));
    if (event.kind === 'response' || event.kind === 'failed') {
      // Cancelling this call must not cancel the next call in this slot.
      if (places.length < PLACES) places.push(this.#call);
      this.#call = undefined;
    }
    return event;
  }

  cancel() {
    this.#cancelled = true;
    this.#call?.cancel();
    this.#leave?.(CANCELLED);
  }

  /** Waits for the caller's own code, but no longer than the call's time limit: that code may never return. */
  async whileRunning(work) {
    let timer;
    this.#expires ??= this.#begun + this.#limitMs();
    const left = new Promise((_, reject) => {
      this.#leave = reject;
      if (this.#cancelled) reject(CANCELLED);
      if (this.#expires !== Infinity) {
        timer = setTimeout(reject, Math.min(Math.max(this.#expires - performance.now(), 0), LONGEST), EXPIRED);
      }
    });
    try {
      return await Promise.race([work, left]);
    } finally {
      clearTimeout(timer);
      this.#leave = undefined;
      work.catch(() => {});
      left.catch(() => {});
    }
  }
}

/** The time limit of an exchange whose call has none; a flow has no limit, only its steps have. */
function limitOf(client, name) {
  // A client closed in the meantime has cancelled its calls.
  try {
    return (client.limit(name) ?? Infinity) * 1000;
  } catch {
    return Infinity;
  }
}

/** Starts or resumes the native half. If it panics, the outcome of the exchange is unknown. */
function begun(work) {
  try {
    return typed(work);
  } catch (error) {
    const panicked = error.code === 'internal' && error.cause === undefined;
    throw panicked ? inMiddle(error, { outcome: 'unknown' }) : error;
  }
}

/**
 * Runs a call to its end. `parts` has: `operation` (its name), `pieces` (an async iterable for the request's content), `field` (the field of
 * that content), `take` (receives a piece of the response's content), `onCode`, `methods` (of the program's objects, by
 * the kind of question), `signer`, `logger`, `signal`, `tell` (receives the progress of the call).
 */
async function carryThrough(call, parts) {
  const { signal } = parts;
  const heard = onAbort(signal, () => call.cancel());
  // A stream may fail before its first piece is requested. The request then reports the error; the event itself must
  // not end the process.
  if (typeof parts.pieces?.on === 'function') parts.pieces.on('error', () => {});
  let iterator;
  // A running call keeps the process alive, even while it only waits for the caller's own code.
  hold();
  try {
    iterator = parts.pieces?.[Symbol.asyncIterator]();
    return await loop(call, iterator, parts);
  } finally {
    release();
    heard();
    // Destroys a stream that was not read to its end, without waiting: it may never answer.
    if (typeof parts.pieces?.destroy === 'function') parts.pieces.destroy();
    else iterator?.return?.()?.catch(() => {});
  }
}

async function loop(call, iterator, parts) {
  let event = await call.first();
  for (;;) {
    if (event.log) write(parts.logger, event.log, parts.operation);
    if (event.kind === 'response') return { response: answerOf(event.text, parts.withResponse), bytes: event.bytes };
    if (event.kind === 'failed') throw failure(event.text, parts.signal);
    let reply;
    try {
      reply = await call.whileRunning(answer(event, iterator, parts));
    } catch (fault) {
      if (fault !== CANCELLED && fault !== EXPIRED && asksProgram(event)) {
        programFailed(JSON.parse(event.text).kind, fault, parts.logger);
        event = await call.reply('fail');
        continue;
      }
      call.cancel();
      event = await end(call, event, parts);
      if (fault === CANCELLED) continue;
      if (fault === EXPIRED) throw expired(event);
      throw withOutcome(fault, event);
    }
    event = await call.reply(...reply);
  }
}

/** The response; the answers to the exchanges go to the caller's array. */
function answerOf(text, withResponse) {
  const answer = JSON.parse(text);
  if (!withResponse) return answer;
  try {
    for (const exchange of answer.exchanges) withResponse.push(inNames(exchange));
  } catch {
    // An array that cannot be filled, such as a frozen one, must not hide the result of a payment.
  }
  return answer.response;
}

/** Whether an event asks the program's own code; the call handles its failure itself. */
function asksProgram(event) {
  return event.kind === 'ask' && JSON.parse(event.text).request !== undefined;
}

/** Only the program learns the reason why its own code failed. */
function programFailed(what, fault, logger) {
  const text = `${what}: the program's own code failed`;
  if (logger) write(logger, ['warning', `${text}: ${fault?.stack ?? fault}`, JSON.stringify({ question: what })]);
  else console.error(text, fault);
}

/**
 * Reports the call's progress to the program. A callback that fails is not called again: it must not change the result
 * of a payment.
 */
function teller(callback, logger, name = 'onProgress') {
  let tell = callback;
  const failed = (fault) => {
    if (tell) programFailed(name, fault, logger);
    tell = undefined;
  };
  return (...given) => {
    try {
      const told = tell?.(...given);
      // The callback may be async; the call does not wait for it.
      if (typeof told?.then === 'function') told.then(undefined, failed);
    } catch (fault) {
      failed(fault);
    }
  };
}

/** Reports requests and answers of a call, in the same way. */
function hooks({ onRequest, onResponse, span }, operation, logger) {
  const before = onRequest && teller(onRequest, logger, 'onRequest');
  const after = onResponse && teller(onResponse, logger, 'onResponse');
  return ({ request, answer }) => {
    const begun = { operation, ...request };
    const answered = answer && inNames(answer);
    span?.exchanged(begun, answered);
    if (answered) after?.(begun, answered);
    else before?.(begun);
  };
}

/** Runs a cancelled call to its end and discards the remaining data. */
async function end(call, event, { logger, operation }) {
  let next = event;
  do {
    next = await call.reply(next.kind === 'ask' || next.kind === 'want_piece' ? 'fail' : 'go');
    if (next.log) write(logger, next.log, operation);
    next.log = undefined;
  } while (next.kind !== 'response' && next.kind !== 'failed');
  return next;
}

/** The caller's own error, with the call's error as its cause, which has the outcome. */
function withOutcome(fault, event) {
  const ended =
    event.kind === 'failed'
      ? fromJson(event.text)
      : inMiddle(own('cancelled', 'cancelled', 'the operation had succeeded already'), { outcome: 'accepted' });
  inMiddle(fault, ended);
  if ((isNativeError(fault) || fault instanceof Error) && fault.cause === undefined && Object.isExtensible(fault))
    Object.defineProperty(fault, 'cause', { value: ended, configurable: true, writable: true });
  return fault;
}

/** The error of a failed call; if the caller cancelled it, the cause is the signal's reason. */
function failure(text, signal) {
  const aborted = signal?.aborted && JSON.parse(text).category === 'cancelled';
  return fromJson(text, aborted ? { cause: signal.reason } : undefined);
}

/** The error of a call that timed out while it waited for the caller's own code. */
function expired(ended) {
  const details = ended.kind === 'failed' ? JSON.parse(ended.text) : { outcome: 'accepted' };
  if (details.category === 'timed_out') return fromJson(details);
  const { operation = null, outcome = null } = details;
  const error = own('timeout.deadline', 'timed_out', 'the time limit passed while the caller was waited for');
  return inOperation(inMiddle(error, { outcome }), operation);
}

async function answer(event, iterator, parts) {
  switch (event.kind) {
    case 'want_piece': {
      for (;;) {
        const { done, value } = await iterator.next();
        if (done) return ['end'];
        const piece = asBuffer(value, parts.field);
        // An empty piece is not the end.
        if (piece.length > 0) return ['piece', piece];
      }
    }
    case 'piece':
      await parts.take(event.bytes);
      return ['go'];
    case 'progress':
      parts.tell(JSON.parse(event.text));
      return ['go'];
    case 'exchange':
      parts.tellHooks(JSON.parse(event.text));
      return ['go'];
    default:
      return ['answer', await answered(JSON.parse(event.text), parts)];
  }
}

/** Passes a question to the callback for it, and returns the answer. */
async function answered(asked, { onCode, methods, signer }) {
  if (asked.kind === 'signature') {
    if (!signer) throw missing('signature', 'is needed: give the client the private key, or a signer that has it');
    const { algorithm, digest, key_fingerprint: keyFingerprint } = asked.signature;
    const signature = await signer({ algorithm, digest: Buffer.from(digest, 'base64'), keyFingerprint });
    if (!isUint8Array(signature)) throw invalidField('signer', 'must answer the signature as bytes');
    return asBuffer(signature).toString('base64');
  }
  const asks = asked.request && methods?.get(asked.kind);
  if (asks) {
    const { object, method, question, answer } = asks;
    if (typeof object[method] !== 'function') throw missing(asked.kind, `is needed: the bank has no method ${method}`);
    const request = JSON.parse(native().question(asked.kind, JSON.stringify(asked.request)));
    // A notice needs no answer.
    const given = encode(answer.in((await object[method](question.out(request))) ?? {}));
    return typed(() => native().answer(asked.kind, given));
  }
  const question = { kind: asked.kind, text: asked.text, choices: asked.choices };
  // Not enumerable: logging the question must not log it.
  if (typeof asked.secret === 'string') Object.defineProperty(question, 'secret', { value: asked.secret });
  if (asked.request) Object.defineProperty(question, 'request', { value: asked.request });
  if (!onCode) throw missing(question.kind, 'is needed; give onCode');
  const given = await onCode(question);
  if (typeof given !== 'string') throw invalidField(question.kind, `onCode must answer a string, not ${typeof given}`);
  if (!given.isWellFormed()) throw invalidField(question.kind, 'onCode answered text that is not valid Unicode');
  return given;
}

/** Passes log records on: level, text, fields as JSON, level, text, … `operation` is among the fields of each. */
function write(logger, records, operation) {
  for (let index = 0; index < records.length; index += 3) {
    const method = records[index] === 'warning' ? 'warn' : records[index];
    try {
      if (typeof logger?.[method] !== 'function') continue;
      logger[method](records[index + 1], inNames({ operation, ...JSON.parse(records[index + 2]) }));
    } catch {
      // A logger that fails must not change the result of a payment.
    }
  }
}

/** Fields by their names in this language. */
function inNames(fields) {
  const named = {};
  for (const [name, value] of Object.entries(fields))
    named[name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase())] = value;
  return named;
}

module.exports = { Call, carryThrough, hooks, teller };
