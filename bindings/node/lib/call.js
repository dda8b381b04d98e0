'use strict';

// One call from begin to end: the loop that answers what it asks.

const { asBuffer } = require('./content');
const { fromJson, invalidField } = require('./error');

/**
 * Carries a call through. `parts` has: `pieces` (an async iterable for the request's content), `take` (takes a piece of the
 * response's content), `onCode`, `signal`.
 */
async function carryThrough(call, parts) {
  const { signal } = parts;
  const abort = () => call.cancel();
  signal?.addEventListener('abort', abort, { once: true });
  const iterator = parts.pieces?.[Symbol.asyncIterator]();
  try {
    return await loop(call, iterator, parts);
  } finally {
    signal?.removeEventListener('abort', abort);
    // Ends what was not read to its end, without waiting: it may be silent for ever.
    if (typeof parts.pieces?.destroy === 'function') parts.pieces.destroy();
    else iterator?.return?.()?.catch(() => {});
  }
}

async function loop(call, iterator, parts) {
  let event = await call.resume('go');
  for (;;) {
    if (event.kind === 'response') return { response: JSON.parse(event.text), bytes: event.bytes };
    if (event.kind === 'failed') {
      const aborted = parts.signal?.aborted && JSON.parse(event.text).category === 'cancelled';
      throw fromJson(event.text, aborted ? { cause: parts.signal.reason } : undefined);
    }
    let reply;
    try {
      reply = await unlessAborted(parts.signal, answer(event, iterator, parts));
    } catch (fault) {
      call.cancel();
      const ended = await call.resume(event.kind === 'piece' ? 'go' : 'fail');
      if (fault === ABORTED) {
        event = ended.kind === 'piece' ? await call.resume('go') : ended;
        continue;
      }
      throw fault;
    }
    event = await call.resume(...reply);
  }
}

async function answer(event, iterator, parts) {
  switch (event.kind) {
    case 'want_piece': {
      for (;;) {
        const { done, value } = await iterator.next();
        if (done) return ['end'];
        const piece = asBuffer(value);
        // An empty piece is no end.
        if (piece.length > 0) return ['piece', piece];
      }
    }
    case 'piece':
      await parts.take(event.bytes);
      return ['go'];
    default: {
      const question = { kind: event.question, text: event.text, choices: event.choices };
      // Not enumerable: whoever logs the question does not log it.
      if (typeof event.secret === 'string') Object.defineProperty(question, 'secret', { value: event.secret });
      if (!parts.onCode) throw invalidField(question.kind, 'is needed; give onCode');
      const given = await parts.onCode(question);
      if (typeof given !== 'string') throw invalidField(question.kind, `onCode must answer a string, not ${typeof given}`);
      return ['answer', given];
    }
  }
}

const ABORTED = Symbol('aborted');

/** Waits for the caller's own code, but no longer than until the signal. */
async function unlessAborted(signal, work) {
  if (!signal) return work;
  let abort;
  const aborted = new Promise((_, reject) => {
    abort = () => reject(ABORTED);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
    work.catch(() => {});
  }
}

/** Takes pieces into a stream, at its own speed. */
function writer(writable) {
  let fault;
  const fail = (error) => {
    fault = error;
  };
  writable.on('error', fail);
  return {
    written: 0,
    async take(piece) {
      if (fault) throw fault;
      this.written += piece.length;
      if (writable.write(piece)) return;
      await new Promise((resolve, reject) => {
        const settle = (error) => {
          writable.off('drain', settle).off('error', settle).off('close', closed);
          if (error) reject(error);
          else resolve();
        };
        const closed = () => settle(fault ?? new Error('the destination was closed'));
        writable.on('drain', settle).on('error', settle).on('close', closed);
      });
    },
    /** Ends the stream after its last byte; the program's own output stays open. */
    async end() {
      if (fault) throw fault;
      if (writable !== process.stdout && writable !== process.stderr) {
        await new Promise((resolve, reject) => {
          writable.once('error', reject);
          writable.end((error) => (error ? reject(error) : resolve()));
        });
      }
      writable.off('error', fail);
    },
    /** Nothing complete has arrived. */
    destroy(error) {
      writable.destroy?.(error);
    },
  };
}

module.exports = { carryThrough, writer };
