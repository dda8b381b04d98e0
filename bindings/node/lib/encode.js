'use strict';

const { invalidMember, own } = require('./error');
const { isSecret, revealing } = require('./secret');

/** The deepest nesting of a request, the same as the library's limit. */
const MAX_DEPTH = 32;

/**
 * The longest request in bytes, the same as the library's limit. Counted here without escapes, and with members that
 * are `undefined`.
 */
const MAX_BYTES = 16 * 1024 * 1024;

/** A request as JSON text. Values that JSON would silently drop or change are refused. */
function encode(request) {
  return check(request, 'request', 0, { left: MAX_BYTES }) ? JSON.stringify(request, revealing) : JSON.stringify(request);
}

/** Refuses values that JSON would change; returns whether they contain a secret of a result. */
function check(value, field, depth, bytes) {
  bytes.left -= typeof value === 'string' ? value.length + 2 : 1;
  if (bytes.left < 0) throw tooLarge();
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return false;
    case 'number':
      if (!Number.isFinite(value)) throw invalidMember(field, `cannot be ${value}`);
      return false;
    case 'object': {
      if (value === null) return false;
      if (isSecret(value)) return true;
      // Such as a Date or a Buffer: its JSON form would differ from the given value.
      if (typeof value.toJSON === 'function' || ArrayBuffer.isView(value)) {
        throw invalidMember(field, `cannot be a ${value.constructor?.name ?? 'value that is no plain object'}`);
      }
      if (depth === MAX_DEPTH) throw invalidMember(field, 'is nested too deep');
      let found = false;
      const isList = Array.isArray(value);
      for (const key in value) {
        bytes.left -= isList ? 1 : key.length + 4;
        if (check(value[key], key, depth + 1, bytes)) found = true;
      }
      return found;
    }
    default:
      throw invalidMember(field, `cannot be a ${typeof value}`);
  }
}

function tooLarge() {
  const message = `the request is longer than ${MAX_BYTES} bytes`;
  return own('input.too_large', 'invalid_input', message, { limit_bytes: String(MAX_BYTES) });
}

module.exports = { encode };
