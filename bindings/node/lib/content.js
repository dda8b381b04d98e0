'use strict';

const { fileURLToPath } = require('node:url');
// Unlike `instanceof` it also knows the arrays of another realm, such as a test runner's.
const { isUint8Array } = require('node:util/types');

const { invalidField } = require('./error');

/** The native call's argument for a request's content, and the iterator of its pieces. */
function source(field, content) {
  if (content === undefined || content === null) return { form: {} };
  if (typeof content === 'object' && !isUint8Array(content) && typeof content[Symbol.asyncIterator] === 'function') {
    // Its pieces would be text, not the file's bytes, which a signature covers.
    if (typeof content.readableEncoding === 'string') throw invalidField(field, DECODED);
    return { form: { contentPieces: true }, pieces: content };
  }
  const given = inPlace(field, content, 'a Buffer, { path } or a Readable');
  return { form: { content: given } };
}

/** Content that is available at once: a buffer, or the path of a file. */
function inPlace(field, content, wanted = 'a Buffer or { path }: this operation only computes') {
  if (content === undefined || content === null) return undefined;
  if (isUint8Array(content)) return asBuffer(content, field);
  // A file's stream has a path too, but it may give only a part of that file, from its current position.
  if (isStream(content)) throw invalidField(field, `must be ${wanted}, not a stream`);
  if (typeof content === 'object' && 'path' in content) return pathOf(field, content.path);
  throw invalidField(field, `must be ${wanted}, not ${kind(content)}`);
}

/** The native call's argument for a response's content, and the stream that receives its pieces. */
function sink(destination) {
  if (destination === undefined || destination === null) return { form: {} };
  if (typeof destination === 'object' && typeof destination.write === 'function') {
    // Before anything is sent: a bank marks a file as downloaded when it has sent it.
    if (destination.writable === false || destination.writableEnded || destination.destroyed)
      throw invalidField('destination', 'is closed: a stream that has ended or was destroyed takes nothing');
    return { form: { destinationPieces: true }, writable: destination };
  }
  if (isStream(destination)) throw invalidField('destination', 'must be { path } or a Writable, not a stream to read from');
  if (typeof destination === 'object' && 'path' in destination) {
    const destinationPath = pathOf('destination', destination.path);
    return { form: { destinationPath, replace: Boolean(destination.replace) } };
  }
  throw invalidField('destination', `must be { path } or a Writable, not ${kind(destination)}`);
}

/** Whether a value is a stream, of Node or of the web. */
function isStream(value) {
  if (typeof value !== 'object' || value === null) return false;
  return STREAMS.some((method) => typeof value[method] === 'function');
}

const STREAMS = [Symbol.asyncIterator, 'pipe', 'read', 'getReader'];

/** A path as those of `node:fs`: text, a `file:` URL, or bytes. */
function pathOf(field, path) {
  const found = textOfPath(field, path);
  if (typeof found !== 'string' || found === '') throw invalidField(field, 'path must be a string, a file: URL or a Buffer');
  if (found.includes('\0') || !found.isWellFormed()) throw invalidField(field, 'path is none that a file can have');
  return found;
}

/** The text of a path; anything else is given back as it is. */
function textOfPath(field, path) {
  if (typeof path !== 'object' || path === null) return path;
  if (isUint8Array(path)) {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(path);
    } catch {
      throw invalidField(field, 'path is not UTF-8');
    }
  }
  if (path.protocol !== 'file:' || typeof path.href !== 'string') return path;
  try {
    return fileURLToPath(path.href);
  } catch {
    throw invalidField(field, 'must be a file: URL of this system, without a host');
  }
}

const DECODED = 'must give bytes, not strings: open the stream without an encoding';

/** One piece of a stream as a buffer. */
function asBuffer(piece, field = 'content') {
  if (isUint8Array(piece) && isDetached(piece)) throw invalidField(field, 'has no memory any more: its ArrayBuffer was transferred');
  if (Buffer.isBuffer(piece)) return piece;
  if (isUint8Array(piece)) return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  if (typeof piece === 'string') throw invalidField(field, DECODED);
  throw invalidField(field, `must give bytes, not ${kind(piece)}`);
}

/** Whether the memory of an array was transferred elsewhere; such an array looks empty. */
function isDetached(array) {
  if (array.length > 0) return false;
  try {
    return new Uint8Array(array.buffer) === undefined;
  } catch {
    return true;
  }
}

function kind(value) {
  return value === null
    ? 'null'
    : typeof value === 'object'
      ? (value.constructor?.name ?? 'an object')
      : `a ${typeof value}`;
}

module.exports = { asBuffer, inPlace, pathOf, sink, source, textOfPath };
