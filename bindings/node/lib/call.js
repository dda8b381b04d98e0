'use strict';

// One call from begin to end: the loop that answers what it asks.

const { isNativeError, isUint8Array } = require('node:util/types');

const { asBuffer } = require('./content');
const { encode } = require('./encode');
const { fromJson, inMiddle, inOperation, invalidField, missing, own, typed } = require('./error');
const { hold, promised, release } = require('./events');
const { native } = require('./native');

/** Why the caller's own code is no longer waited for. */
const CANCELLED = Symbol('cancelled');
const EXPIRED = Symbol('expired');

/** The longest time that a timer takes, in milliseconds. */
const LONGEST = 0x7fffffff;

/** Places of calls that have ended, for calls to come. */
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
    // Whoever is told of another fault first does not ask for it.
    this.#first.catch(() => {});
  }

  /** What comes first. */
  first() {
    return this.#first;
  }

  /** Gives a reply; promises what comes next. */
  reply(kind, data) {
    return this.#next((events, id) => this.#call.reply(events, id, kind, data));
  }

  async #next(begin) {
    const event = await promised((events, id) => begun(() => begin(events, id)));
    if (event.kind === 'response' || event.kind === 'failed') {
      // Nobody cancels the next call in this place by cancelling this one.
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

  /** Waits for the caller's own code, but no longer than the call may take: that code may be silent for ever. */
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

/** How long an exchange may take where its call says nothing; a flow has no limit, its steps have. */
function limitOf(client, name) {
  // A client that was closed meanwhile has cancelled its calls.
  try {
    return (client.limit(name) ?? Infinity) * 1000;
  } catch {
    return Infinity;
  }
}

/** Has the native half begin or go on. Where it panics, nobody knows how far the exchange came. */
function begun(work) {
  try {
    return typed(work);
  } catch (error) {
    const panicked = error.code === 'internal' && error.cause === undefined;
    throw panicked ? inMiddle(error, { outcome: 'unknown' }) : error;
  }
}

/**
 * Carries a call through. `parts` has: `pieces` (an async iterable for the request's content), `field` (whose content that
 * is), `take` (takes a piece of the response's content), `onCode`, `methods` (of the program's objects, by the kind of question),
 * `signer`, `logger`, `signal`, `tell` (takes how far the call is).
 */
async function carryThrough(call, parts) {
  const { signal } = parts;
  const abort = () => call.cancel();
  signal?.addEventListener('abort', abort, { once: true });
  // A stream may fail before its first piece is asked for. Asking then says so; the event itself must not end the process.
  if (typeof parts.pieces?.on === 'function') parts.pieces.on('error', () => {});
  let iterator;
  // Also while only the caller's own code is waited for, a call under way is work to be done.
  hold();
  try {
    iterator = parts.pieces?.[Symbol.asyncIterator]();
    return await loop(call, iterator, parts);
  } finally {
    release();
    signal?.removeEventListener('abort', abort);
    // Ends what was not read to its end, without waiting: it may be silent for ever.
    if (typeof parts.pieces?.destroy === 'function') parts.pieces.destroy();
    else iterator?.return?.()?.catch(() => {});
  }
}

async function loop(call, iterator, parts) {
  let event = await call.first();
  for (;;) {
    if (event.log) write(parts.logger, event.log);
    if (event.kind === 'response') return { response: JSON.parse(event.text), bytes: event.bytes };
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
      event = await end(call, event, parts.logger);
      if (fault === CANCELLED) continue;
      if (fault === EXPIRED) throw expired(event);
      throw broken(fault, event);
    }
    event = await call.reply(...reply);
  }
}

/** Whether an event asks the program's own code, whose failure the call itself heeds. */
function asksProgram(event) {
  return event.kind === 'ask' && JSON.parse(event.text).request !== undefined;
}

/** Why the program's own code failed is for the program, and for nobody else. */
function programFailed(what, fault, logger) {
  const text = `${what}: the program's own code failed`;
  if (logger) write(logger, ['warning', `${text}: ${fault?.stack ?? fault}`]);
  else console.error(text, fault);
}

/** Tells the program how far its call is. Code of the program's that fails is told no more: it must not change what becomes of a payment. */
function teller(onProgress, logger) {
  let tell = onProgress;
  const failed = (fault) => {
    if (tell) programFailed('onProgress', fault, logger);
    tell = undefined;
  };
  return (progress) => {
    try {
      const told = tell?.(progress);
      // It may be async; the call does not wait for it.
      if (typeof told?.then === 'function') told.then(undefined, failed);
    } catch (fault) {
      failed(fault);
    }
  };
}

/** Brings a cancelled call to its end; what was on its way is let go. */
async function end(call, event, logger) {
  let next = event;
  do {
    next = await call.reply(next.kind === 'ask' || next.kind === 'want_piece' ? 'fail' : 'go');
    if (next.log) write(logger, next.log);
    next.log = undefined;
  } while (next.kind !== 'response' && next.kind !== 'failed');
  return next;
}

/** The caller's own fault, with the end of the call for its cause: it tells how far the exchange came. */
function broken(fault, event) {
  const ended =
    event.kind === 'failed'
      ? fromJson(event.text)
      : inMiddle(own('cancelled', 'cancelled', 'the operation had succeeded already'), { outcome: 'accepted' });
  inMiddle(fault, ended);
  if ((isNativeError(fault) || fault instanceof Error) && fault.cause === undefined && Object.isExtensible(fault))
    Object.defineProperty(fault, 'cause', { value: ended, configurable: true, writable: true });
  return fault;
}

/** The error of a call that failed; the cause of one that the caller cancelled is the signal's reason. */
function failure(text, signal) {
  const aborted = signal?.aborted && JSON.parse(text).category === 'cancelled';
  return fromJson(text, aborted ? { cause: signal.reason } : undefined);
}

/** The error of a call whose time ran out while the caller's own code was waited for. */
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
        // An empty piece is no end.
        if (piece.length > 0) return ['piece', piece];
      }
    }
    case 'piece':
      await parts.take(event.bytes);
      return ['go'];
    case 'progress':
      parts.tell(JSON.parse(event.text));
      return ['go'];
    default:
      return ['answer', await answered(JSON.parse(event.text), parts)];
  }
}

/** Has a question answered by whom it concerns. */
async function answered(asked, { onCode, methods, signer }) {
  if (asked.kind === 'signature') {
    if (!signer) throw missing('signature', 'is needed: give the client the private key, or a signer that has it');
    const { algorithm, digest, key_fingerprint: keyFingerprint } = asked.signature;
    const signature = await signer({ algorithm, digest: Buffer.from(digest, 'base64'), keyFingerprint });
    if (!isUint8Array(signature)) throw invalidField('signer', 'must answer the signature as bytes');
    return asBuffer(signature).toString('base64');
  }
  const typed = asked.request && methods?.get(asked.kind);
  if (typed) {
    const { object, method, question, answer } = typed;
    if (typeof object[method] !== 'function') throw missing(asked.kind, `is needed: the bank has no method ${method}`);
    // A notice needs no answer.
    return encode(answer.in((await object[method](question.out(asked.request))) ?? {}));
  }
  const question = { kind: asked.kind, text: asked.text, choices: asked.choices };
  // Not enumerable: whoever logs the question does not log it.
  if (typeof asked.secret === 'string') Object.defineProperty(question, 'secret', { value: asked.secret });
  if (asked.request) Object.defineProperty(question, 'request', { value: asked.request });
  if (!onCode) throw missing(question.kind, 'is needed; give onCode');
  const given = await onCode(question);
  if (typeof given !== 'string') throw invalidField(question.kind, `onCode must answer a string, not ${typeof given}`);
  if (!given.isWellFormed()) throw invalidField(question.kind, 'onCode answered text that is not valid Unicode');
  return given;
}

/** Passes log records on: level, text, level, text, … */
function write(logger, records) {
  for (let index = 0; index < records.length; index += 2) {
    const method = records[index] === 'warning' ? 'warn' : records[index];
    try {
      logger?.[method]?.(records[index + 1]);
    } catch {
      // A logger that fails must not change what becomes of a payment.
    }
  }
}

module.exports = { Call, carryThrough, teller };
