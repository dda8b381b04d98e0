'use strict';

const { inspect } = require('node:util');

const { inPlace } = require('./content');
const { encode } = require('./encode');
const { fromJson, inCamelCase, inOperation, invalidField, typed } = require('./error');
const { promised } = require('./events');
const { object, textOf } = require('./local');
const { native } = require('./native');
const { printed } = require('./printed');
const { uncloneable } = require('./uncloneable');

/** Running servers: one without references keeps running until it is closed or the process ends. */
const running = new Set();

/** The base class of the generated servers. */
class Embedded {
  #server;

  /**
   * Starts a server of this kind; `members` are the members of its readiness line, with their names here and on the
   * boundary.
   */
  static async _start(kind, shape, members, options) {
    if (typeof options !== 'object' || options === null) throw invalidField('options', 'must be an object');
    const made = new this();
    const request = encode(shape.in({ ...options }));
    const server = typed(() => new (native().Server)());
    made.#server = server;
    const info = await done((events, id) => server.start(events, id, kind, request));
    running.add(made);
    uncloneable(made);
    for (const [name, on] of members) made[name] = named(info[on] ?? null);
    return made;
  }

  async seed(data) {
    if (typeof data !== 'object' || data === null) throw invalidField('data', 'must be an object');
    return this.control('seed', data);
  }

  async control(order, request = {}) {
    if (typeof request !== 'object' || request === null) throw invalidField('request', 'must be an object');
    const text = JSON.stringify(request);
    // An order's errors name its members as in its JSON.
    return done((events, id) => this.#server.control(events, id, String(order), text), (error) => error);
  }

  /** An order by its typed method; one whose answer says nothing gives `undefined`. */
  async _order(order, request) {
    try {
      const content = object('request', request)[order.contentIn];
      const from = content === undefined ? undefined : inPlace(order.contentIn, content, 'a Buffer or { path }');
      const text = textOf(order, request);
      const answer = await done((events, id) => this.#server.order(events, id, order.name, text, from), (error) => error);
      return answer === null ? undefined : order.response.out(answer);
    } catch (error) {
      throw inCamelCase(inOperation(error, order.name));
    }
  }

  /** The settings of a client of one of the peers that it plays. */
  _clientOf(name) {
    const { clients } = this;
    if (typeof name === 'string' && Object.hasOwn(clients, name)) return { ...clients[name] };
    throw invalidField('name', `must be one of ${Object.keys(clients).join(', ')}`);
  }

  async close() {
    running.delete(this);
    await done((events, id) => this.#server.stop(events, id));
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    await this.close();
  }

  [inspect.custom](depth, options) {
    const { uncloneable: _, ...members } = this;
    return printed(this, { ...members, ...(!running.has(this) && { closed: true }) }, depth, options);
  }
}

/** A value of the readiness line, with its members' names in camelCase. */
function named(value) {
  if (Array.isArray(value)) return value.map(named);
  if (typeof value !== 'object' || value === null) return value;
  const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [camel(name), named(of)]));
}

/** Waits for work of the native half; returns its answer. */
async function done(begin, renamed = inCamelCase) {
  const event = await promised((events, id) => typed(() => begin(events, id)));
  if (event.kind === 'failed') throw renamed(fromJson(event.text));
  return JSON.parse(event.text);
}

module.exports = { Embedded };
