'use strict';

const { encode } = require('./encode');
const { fromJson, inCamelCase, invalidField, typed } = require('./error');
const { promised } = require('./events');
const { native } = require('./native');

/** Services that run: one that nobody holds goes on all the same, until it is closed or the process ends. */
const running = new Set();

/** An embedded service. */
class Service {
  #server;

  static async start(options = {}) {
    if (typeof options !== 'object' || options === null) throw invalidField('options', 'must be an object');
    const { ServiceOptions } = require('./ws_channel');
    const service = new Service();
    const request = encode(ServiceOptions.in(options));
    const server = typed(() => new (native().Server)());
    service.#server = server;
    const info = await done((events, id) => server.start(events, id, 'ws-channel', request));
    running.add(service);
    service.baseUrl = info.base_url;
    service.publicKeyFile = info.public_key_file;
    service.controlUrl = info.control_url ?? null;
    return service;
  }

  get clientSettings() {
    return { baseUrl: this.baseUrl, publicKeyFile: this.publicKeyFile };
  }

  async close() {
    running.delete(this);
    await done((events, id) => this.#server.stop(events, id));
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    await this.close();
  }
}

/** Waits for work of the native half; its answer. */
async function done(begin) {
  const event = await promised((events, id) => typed(() => begin(events, id)));
  if (event.kind === 'failed') throw inCamelCase(fromJson(event.text));
  return JSON.parse(event.text);
}

module.exports = { Service };
