'use strict';

const { native } = require('./native');
const { encode } = require('./client');
const { fromJson, invalidField, typed } = require('./error');

/** An embedded service. */
class Service {
  #server;

  static async start(options = {}) {
    if (typeof options !== 'object' || options === null) throw invalidField('options', 'must be an object');
    const { ServiceOptions } = require('./ws_channel');
    const service = new Service();
    service.#server = new (native().Server)();
    const request = encode(ServiceOptions.in(options));
    const done = await typed(() => service.#server.start('ws-channel', request));
    if (done.error) throw fromJson(done.error);
    const info = JSON.parse(done.info);
    service.baseUrl = info.base_url;
    service.publicKeyFile = info.public_key_file;
    service.controlUrl = info.control_url ?? null;
    return service;
  }

  get clientSettings() {
    return { baseUrl: this.baseUrl, publicKeyFile: this.publicKeyFile };
  }

  async close() {
    const done = await typed(() => this.#server.stop());
    if (done.error) throw fromJson(done.error);
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    await this.close();
  }
}

module.exports = { Service };
