'use strict';

const { invalidMember } = require('./error');
const { isSecret, revealing } = require('./secret');

/** How deep a request may be nested; the library takes no more. */
const MAX_DEPTH = 32;

/** A request as JSON text. What JSON would leave out or change without a word is refused. */
function encode(request) {
  return check(request, 'request', 0) ? JSON.stringify(request, revealing) : JSON.stringify(request);
}

/** Refuses what JSON would change; says whether a secret of a result is in it. */
function check(value, field, depth) {
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
      // Such as a Date or a Buffer: what would become of it is not what was given.
      if (typeof value.toJSON === 'function' || ArrayBuffer.isView(value)) {
        throw invalidMember(field, `cannot be a ${value.constructor?.name ?? 'value that is no plain object'}`);
      }
      if (depth === MAX_DEPTH) throw invalidMember(field, 'is nested too deep');
      let found = false;
      for (const key in value) if (check(value[key], key, depth + 1)) found = true;
      return found;
    }
    default:
      throw invalidMember(field, `cannot be a ${typeof value}`);
  }
}

module.exports = { encode };
