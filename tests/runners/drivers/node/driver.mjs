// The scenario driver of the Node face: one JSON object per line in, one per line out.
// Every call goes through the typed method, with fields in camelCase.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

// The package of another platform has a place of its own.
const bankchannel = await import(process.env.BANKCHANNEL_NODE ?? '../../../../bindings/node/index.mjs');

const OPENSSL = fileURLToPath(new URL('../../../support/openssl.mjs', import.meta.url));

const { BankchannelError, SecretText, catalogue, iso20022, version } = bankchannel;

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

// The members whose value is a map: its keys are data, and are not renamed.
const MAPS = new Set(['links', 'header_names', 'headerNames']);

/** Renames the members of a value, at every level. */
function renamed(value, way) {
  if (Array.isArray(value)) return value.map((element) => renamed(element, way));
  if (value instanceof SecretText) return value.reveal();
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).map(([name, held]) => [way(name), MAPS.has(name) ? mapped(held, way) : renamed(held, way)]);
  return Object.fromEntries(members);
}

function mapped(value, way) {
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, renamed(held, way)]));
}

/** Renames the members of a value as its schema has them: the keys of maps and of free JSON are data, and stay as they are. */
function shaped(value, way, schema) {
  if (value instanceof SecretText) return value.reveal();
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (value === null || typeof value !== 'object') return value;
  const { items, properties, additionalProperties: of, oneOf } = schema ?? {};
  if (Array.isArray(value)) return value.map((element) => shaped(element, way, items));
  if (oneOf) {
    const fits = ({ properties = {} }) =>
      Object.entries(properties).some(([name, { const: tag }]) => tag !== undefined && value[name] === tag);
    return shaped(value, way, oneOf.find(fits));
  }
  const members = Object.entries(value);
  if (properties) return Object.fromEntries(members.map(([name, held]) => [way(name), shaped(held, way, properties[snake(name)])]));
  return of ? Object.fromEntries(members.map(([key, held]) => [key, shaped(held, way, of)])) : value;
}

/** The class of a protocol's client: its name is the protocol's. */
function kindOf(protocol) {
  const wanted = protocol.replaceAll('-', '');
  return bankchannel[Object.keys(bankchannel).find((name) => name.toLowerCase() === wanted)];
}

const clients = new Map();

/** A client of the protocol that the settings name. */
function opened({ protocol = 'ws-channel', ...settings }) {
  return new (kindOf(protocol))(renamed(settings, camel));
}

function contentOf(given) {
  if (given.base64 !== undefined) return Buffer.from(given.base64, 'base64');
  if (given.path !== undefined) return { path: given.path };
  return Readable.from(given.pieces.map((piece) => Buffer.from(piece, 'base64')), { objectMode: false });
}

function answerOf(request, question) {
  const wanted = request.answers?.[question.kind];
  if (typeof wanted === 'string') return wanted;
  if (wanted && typeof wanted === 'object') {
    const messages = readFileSync(request.outbox, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
    const found = messages.reverse().find((message) => Object.entries(wanted).every(([name, value]) => message[name] === value));
    if (found) return found.code;
  }
  throw new Error(`no answer to ${question.kind}`);
}

/** The signature of the asked digest, by OpenSSL, or by what takes its place on Windows. */
function signed(keyFile, { algorithm, digest }) {
  const arguments_ = ['pkeyutl', '-sign', '-inkey', keyFile, '-pkeyopt', `digest:${algorithm.split('_').at(-1)}`];
  if (process.platform !== 'win32') return execFileSync('openssl', arguments_, { input: digest });
  return execFileSync(process.execPath, [OPENSSL, ...arguments_], { input: digest });
}

// The request's content field, by operation: marked as such in its schema.
const contentFields = new Map();
const schemas = new Map();
for (const operation of catalogue()) {
  schemas.set(operation.name, [operation.request_schema, operation.response_schema]);
  for (const [name, schema] of Object.entries(operation.request_schema.properties ?? {})) {
    if (schema['x-content']) contentFields.set(operation.name, camel(name));
  }
}

/** Modules of functions, which need no client. */
const MODULES = { iso20022 };

async function call(client, request) {
  const [protocol, operation] = request.name.split('.');
  const method = camel(operation);
  const [asked, answered] = schemas.get(request.name) ?? [];
  const given = shaped(request.request ?? {}, camel, asked);
  if (request.content) given[contentFields.get(request.name) ?? 'content'] = contentOf(request.content);
  const options = { onCode: async (question) => answerOf(request, question) };
  // A signature given beforehand.
  const signature = request.answers?.signature;
  if (typeof signature === 'string') options.signer = async () => Buffer.from(signature, 'base64');
  // One made by a user's own signer, with the key in this file.
  if (signature?.sign_with) options.signer = async (asked) => signed(signature.sign_with, asked);
  if (request.timeout_ms >= 0) options.timeout = request.timeout_ms / 1000;
  const pieces = [];
  if (request.destination?.path) options.destination = { path: request.destination.path };
  if (request.destination?.pieces) {
    options.destination = new Writable({
      write(piece, _, done) {
        pieces.push(piece);
        done();
      },
    });
  }
  let timer;
  if (request.cancel_after_ms !== null && request.cancel_after_ms !== undefined) {
    const stop = new AbortController();
    options.signal = stop.signal;
    if (request.cancel_after_ms === 0) stop.abort();
    else timer = setTimeout(() => stop.abort(), request.cancel_after_ms);
  }
  try {
    const response = await (MODULES[protocol] ?? client)[method](given, options);
    let bytes = request.destination?.pieces ? Buffer.concat(pieces) : null;
    for (const value of Object.values(response)) {
      if (Buffer.isBuffer(value?.data)) {
        bytes = value.data;
        delete value.data;
      }
    }
    return { response: shaped(response, snake, answered), content: bytes && { base64: bytes.toString('base64') } };
  } catch (error) {
    if (!error.partialResponse) throw error;
    return { error: { ...error.toJSON(), partial_response: shaped(error.partialResponse, snake, answered) } };
  } finally {
    clearTimeout(timer);
  }
}

async function handle(request) {
  switch (request.op) {
    case 'hello':
      return { face: 'node', version };
    case 'open':
      clients.set(request.client, opened(request.settings ?? {}));
      return { ok: true };
    case 'close':
      await clients.get(request.client)?.close();
      clients.delete(request.client);
      return { ok: true };
    default:
      return call(clients.get(request.client), request);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  let answer;
  try {
    answer = await handle(JSON.parse(line));
  } catch (error) {
    answer =
      error instanceof BankchannelError
        ? { error: error.toJSON() }
        : { error: { code: 'driver', category: 'driver', message: String(error), context: {} } };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
