'use strict';

// A connector to Salt Edge in a web server: handlers for Node's `http`, which Express and Fastify accept directly, and
// the worker that runs with them.

const { inspect } = require('node:util');

const { BankchannelError } = require('./error');
const { printed } = require('./printed');
const { uncloneable } = require('./uncloneable');

/** The longest polling interval without scheduled work, in milliseconds: another process may have left some. */
const LONGEST = 10_000;
/** The pause after a failure. */
const PAUSE = 2_000;
/** The longest body of a question that is read, in bytes. */
const MAX_BODY = 1024 * 1024;

/** Answers Salt Edge. */
function saltEdgeHandler(connector, worker) {
  return (request, response) => {
    answer(response, async () => {
      const handled = await connector.handleRequest(asked(request));
      if (handled.hasWork) response.once('close', () => worker?.wake());
      return handled.answer;
    });
  };
}

/** Answers a connector that runs elsewhere: its questions to the bank. */
function saltEdgeBankHandler(connector) {
  return (request, response) => {
    answer(response, async () => {
      const { target, headers } = asked(request);
      return (await connector.answerBank({ target, headers, body: await bodyOf(request) })).answer;
    });
  };
}

/** Calls `work` when it is woken, and at the time of the next work. */
class SaltEdgeWorker {
  #connector;
  #running;
  #timer;
  #again = false;
  #closed = false;

  constructor(connector) {
    this.#connector = connector;
    uncloneable(this);
    this.wake();
  }

  wake() {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    if (this.#running) this.#again = true;
    else this.#running = this.#work();
  }

  /** Ends it after the work in progress. */
  async close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    await this.close();
  }

  [inspect.custom](depth, options) {
    return printed(this, { working: this.#running !== undefined, closed: this.#closed }, depth, options);
  }

  async #work() {
    let wait;
    do {
      this.#again = false;
      try {
        const { nextDueAt } = await this.#connector.work();
        wait = nextDueAt ? Date.parse(nextDueAt) - Date.now() : LONGEST;
      } catch (error) {
        // A fault of the settings does not go away: it is raised to the creator of the worker.
        if (!(error instanceof BankchannelError) || error.category === 'configuration') process.nextTick(() => raise(error));
        wait = PAUSE;
      }
    } while (this.#again && !this.#closed);
    this.#running = undefined;
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.wake(), Math.min(Math.max(wait, 10), LONGEST));
    // The timer must not keep a program alive that has nothing else to do.
    this.#timer.unref();
  }
}

function raise(error) {
  throw error;
}

/** A request in the connector's form. Frameworks that mount a handler keep the complete address in `originalUrl`. */
function asked(request) {
  const headers = [];
  const { rawHeaders } = request;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    headers.push({ name: rawHeaders[at], value: rawHeaders[at + 1].toWellFormed?.() ?? rawHeaders[at + 1] });
  }
  return { method: request.method, target: request.originalUrl ?? request.url, headers };
}

async function answer(response, ask) {
  let given;
  try {
    given = await ask();
  } catch (error) {
    console.error(error);
    given = { status: 503, headers: [{ name: 'Retry-After', value: '5' }], body: '{"error_class":"InternalServerError","error_message":"the connector cannot handle this now"}' };
  }
  for (const { name, value } of given.headers) response.setHeader(name, value);
  response.statusCode = given.status;
  response.setHeader('Content-Length', Buffer.byteLength(given.body));
  response.end(given.body);
}

/** A body as text. If a framework has already read it, its bytes or text are used. */
async function bodyOf(request) {
  const read = request.rawBody ?? request.body;
  if (typeof read === 'string') return read;
  if (Buffer.isBuffer(read)) return read.toString('utf8');
  const pieces = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size <= MAX_BODY) pieces.push(piece);
  }
  // A body that is too long is not a question: its MAC fails.
  return Buffer.concat(pieces).toString('utf8');
}

module.exports = { SaltEdgeWorker, saltEdgeBankHandler, saltEdgeHandler };
