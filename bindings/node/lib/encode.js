'use strict';

const { isDate } = require('node:util/types');

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
  const seen = { left: MAX_BYTES, why: undefined, path: [] };
  const hasSecret = check(request, 0, seen);
  if (seen.why !== undefined) throw invalidMember(placeOf(seen.path), seen.why);
  return hasSecret ? JSON.stringify(request, revealing) : JSON.stringify(request);
}

/** A place in a request, such as `transactions[777].creditor.name`; `path` begins with the innermost key. */
function placeOf(path) {
  let place = '';
  for (const key of path.reverse()) {
    if (/^\d+$/.test(key)) place += `[${key}]`;
    else place += place === '' ? key : `.${key}`;
  }
  return place === '' ? 'request' : place;
}

/**
 * Checks for values that JSON would change; returns whether there is a secret of a result. The first such value ends the
 * check: `seen` gets the reason and its path.
 */
function check(value, depth, seen) {
  seen.left -= typeof value === 'string' ? value.length + 2 : 1;
  if (seen.left < 0) throw tooLarge();
  switch (typeof value) {
    case 'string':
      // Half of a surrogate pair, as from `slice` within an emoji, has no form in UTF-8.
      if (!value.isWellFormed()) seen.why = 'is not valid Unicode: it has half of a surrogate pair, as of an emoji that was cut';
      return false;
    case 'boolean':
    case 'undefined':
      return false;
    case 'number':
      if (!Number.isFinite(value)) seen.why = `cannot be ${value}`;
      return false;
    case 'object': {
      if (value === null) return false;
      if (isSecret(value)) return true;
      // Such as a Date or a Buffer: its JSON form would differ from the given value.
      if (typeof value.toJSON === 'function' || ArrayBuffer.isView(value)) {
        seen.why = isDate(value)
          ? "cannot be a Date: give its toISOString() for a time, and its toLocaleDateString('sv-SE') for a day of this time zone, such as '2026-11-20'"
          : `cannot be a ${value.constructor?.name ?? 'value that is no plain object'}`;
        return false;
      }
      if (depth === MAX_DEPTH) {
        seen.why = 'is nested too deep';
        seen.deep = true;
        return false;
      }
      let found = false;
      const isList = Array.isArray(value);
      for (const key in value) {
        seen.left -= isList ? 1 : key.length + 4;
        if (check(value[key], depth + 1, seen)) found = true;
        if (seen.why !== undefined) {
          // The place of a value that is nested too deep would be as long as its nesting: the field alone.
          if (depth === 0 || !seen.deep) seen.path.push(key);
          return false;
        }
      }
      return found;
    }
    default:
      seen.why = `cannot be a ${typeof value}`;
      return false;
  }
}

function tooLarge() {
  const message = `the request is longer than ${MAX_BYTES} bytes`;
  return own('input.too_large', 'invalid_input', message, { limit_bytes: String(MAX_BYTES) });
}

module.exports = { encode };
