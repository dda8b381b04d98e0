'use strict';

const { invalidField } = require('./error');

/** What the native call is given for a request's content, and the iterator that its pieces come from. */
function source(field, content) {
  if (content === undefined || content === null) return { form: {} };
  if (content instanceof Uint8Array) return { form: { content: asBuffer(content) } };
  if (typeof content === 'object' && typeof content[Symbol.asyncIterator] === 'function') {
    return { form: { contentPieces: true }, pieces: content };
  }
  if (typeof content === 'object' && typeof content.path === 'string') return { form: { contentPath: content.path } };
  throw invalidField(field, `must be a Buffer, { path } or a Readable, not ${kind(content)}`);
}

/** What the native call is given for a response's content, and the stream that its pieces go to. */
function sink(destination) {
  if (destination === undefined || destination === null) return { form: {} };
  if (typeof destination === 'object' && typeof destination.write === 'function') {
    return { form: { destinationPieces: true }, writable: destination };
  }
  if (typeof destination === 'object' && typeof destination.path === 'string') {
    return { form: { destinationPath: destination.path, replace: Boolean(destination.replace) } };
  }
  throw invalidField('destination', `must be { path } or a Writable, not ${kind(destination)}`);
}

/** One piece of a stream as a buffer. */
function asBuffer(piece) {
  if (Buffer.isBuffer(piece)) return piece;
  if (piece instanceof Uint8Array) return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  if (typeof piece === 'string') return Buffer.from(piece);
  throw invalidField('content', `must give bytes, not ${kind(piece)}`);
}

function kind(value) {
  return value === null ? 'null' : typeof value === 'object' ? (value.constructor?.name ?? 'an object') : `a ${typeof value}`;
}

module.exports = { asBuffer, sink, source };
