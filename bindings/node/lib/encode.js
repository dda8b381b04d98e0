'use strict';

const { invalidMember } = require('./error');

/** How deep a request may be nested; the library takes no more. */
const MAX_DEPTH = 32;

/** A request as JSON text. What JSON would leave out or change without a word is refused. */
function encode(request) {
  check(request, 'request', 0);
  return JSON.stringify(request);
}

function check(value, field, depth) {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return;
    case 'number':
      if (!Number.isFinite(value)) throw invalidMember(field, `cannot be ${value}`);
      return;
    case 'object':
      if (value === null) return;
      // Such as a Date or a Buffer: what would become of it is not what was given.
      if (typeof value.toJSON === 'function' || ArrayBuffer.isView(value)) {
        throw invalidMember(field, `cannot be a ${value.constructor?.name ?? 'value that is no plain object'}`);
      }
      if (depth === MAX_DEPTH) throw invalidMember(field, 'is nested too deep');
      for (const key in value) check(value[key], key, depth + 1);
      return;
    default:
      throw invalidMember(field, `cannot be a ${typeof value}`);
  }
}

module.exports = { encode };
