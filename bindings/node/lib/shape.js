'use strict';

// Where a type has secrets, bytes and paths: texts on the boundary, here objects that do not show them, buffers, and URLs.
// The tables name only members that lead to one; the native half gives and takes all members in camelCase. A call by name has
// the boundary's names: `CAMEL` and `SNAKE` choose the column.

const { textOfPath } = require('./content');
const { fromVariable } = require('./environment');
const { SecretText } = require('./secret');

const CAMEL = 0;
const SNAKE = 1;

/** A secret: text on the boundary, here an object that does not show it. `encode` accepts both. */
const secret = {
  out: (value) => (typeof value === 'string' ? new SecretText(value) : value),
  in: (value, names, field) => {
    if (typeof value !== 'object' || value === null || typeof value.file !== 'object') return fromVariable(value, field);
    return { ...value, file: textOfPath(field, value.file) };
  },
};

/** A path: text on the boundary and in results, here also the other paths of Node. */
const path = {
  out: (value) => value,
  in: (value, names, field) => textOfPath(field, value),
};

/** A folder, or the address of a database, which has a password in it. */
const store = {
  out: secret.out,
  in: (value, names, field) => secret.in(textOfPath(field, value), names, field),
};

/** Bytes: base64 text on the boundary. */
const bytes = {
  out: (value) => (typeof value === 'string' ? Buffer.from(value, 'base64') : value),
  in: (value) => {
    // Text is base64 already.
    if (!ArrayBuffer.isView(value)) return value;
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  },
};

/** A type without either. */
const plain = { out: (value) => value, in: (value) => value };

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Named fields: rows of [camelCase, snake_case, form of the value]. */
function struct(rows) {
  return {
    /** A result, which is changed in place. */
    out(value, names = CAMEL) {
      if (!isObject(value)) return value;
      for (const row of rows) {
        const [name, form] = [row[names], row[2]];
        if (value[name] !== undefined && value[name] !== null) value[name] = form.out(value[name], names);
      }
      return value;
    },
    /** The caller's value, which is copied where it differs. */
    in(value, names = CAMEL) {
      if (!isObject(value)) return value;
      let made = value;
      for (const row of rows) {
        const [name, form] = [row[names], row[2]];
        if (value[name] === undefined || value[name] === null) continue;
        if (made === value) made = { ...value };
        made[name] = form.in(value[name], names, name);
      }
      return made;
    },
  };
}

function list(of) {
  return {
    out: (values, names) => values.map((value) => of.out(value, names)),
    in: (values, names) => (Array.isArray(values) ? values.map((value) => of.in(value, names)) : values),
  };
}

function map(of) {
  const each = (values, way) => Object.fromEntries(Object.entries(values).map(([key, value]) => [key, way(key, value)]));
  return {
    out: (values, names) => each(values, (key, value) => of.out(value, names)),
    in: (values, names) => (isObject(values) ? each(values, (key, value) => of.in(value, names, key)) : values),
  };
}

/** One of several structs, selected by a tag. */
function union(tag, alternatives) {
  return {
    out: (value, names) => alternatives[value?.[tag]]?.out(value, names) ?? value,
    in: (value, names) => alternatives[value?.[tag]]?.in(value, names) ?? value,
  };
}

module.exports = { CAMEL, SNAKE, bytes, list, map, path, plain, secret, store, struct, union };
