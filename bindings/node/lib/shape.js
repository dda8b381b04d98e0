'use strict';

// Converts camelCase members to the boundary's snake_case and back, by the type's own table; keys of maps stay
// unchanged. A form is the `same` if all its names are equal on both sides; it `hides` if it contains a secret or
// bytes, whose values differ even where names stay as they are.

const { fromVariable } = require('./environment');
const { own } = require('./error');
const { SecretText } = require('./secret');

/** A secret: text on the boundary, here an object that does not show it. `encode` accepts both. */
const secret = {
  same: false,
  hides: true,
  out: (value) => (typeof value === 'string' ? new SecretText(value) : value),
  in: (value, field) => fromVariable(value, field),
  guarded: (value) => secret.out(value),
  filled: (value, field) => fromVariable(value, field),
};

/** Bytes: base64 text on the boundary. */
const bytes = {
  same: false,
  hides: true,
  out: (value) => (typeof value === 'string' ? Buffer.from(value, 'base64') : value),
  in: (value) => {
    // Text is base64 already.
    if (!ArrayBuffer.isView(value)) return value;
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  },
  guarded: (value) => bytes.out(value),
  filled: (value) => bytes.in(value),
};

/** Named fields: rows of [camelCase, snake_case, form of the value]. */
function struct(rows) {
  const bySnake = new Map(rows.map((row) => [row[1], row]));
  const byCamel = new Map(rows.map((row) => [row[0], row]));
  const same = rows.every(([camel, snake, form]) => camel === snake && (form === undefined || form.same));
  const hidden = rows.filter(([, , form]) => form?.hides);
  return {
    same,
    hides: hidden.length > 0,
    out(value) {
      // The native half has the same version: it returns exactly these members.
      if (same) return value;
      const made = {};
      for (const name of Object.keys(value)) {
        const row = bySnake.get(name);
        // Members unknown to this version are ignored.
        if (row === undefined) continue;
        const found = value[name];
        made[row[0]] = row[2] !== undefined && found !== null ? row[2].out(found) : found;
      }
      return made;
    },
    /** A value whose members keep their names; its secrets are hidden. */
    guarded(value) {
      if (typeof value !== 'object' || value === null) return value;
      for (const [, name, form] of hidden) {
        if (value[name] !== undefined && value[name] !== null) value[name] = form.guarded(value[name]);
      }
      return value;
    },
    /** A request whose members keep their names: its secrets that are variables get their values. */
    filled(value) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      let made = value;
      for (const [, name, form] of hidden) {
        if (value[name] === undefined || value[name] === null) continue;
        if (made === value) made = { ...value };
        made[name] = form.filled(value[name], name);
      }
      return made;
    },
    /** `beside` is a field that does not go into the JSON. */
    in(value, beside) {
      // The library refuses a value of another type: it knows the field's name.
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      const made = {};
      let wrong;
      for (const name of Object.keys(value)) {
        const given = value[name];
        if (given === undefined || name === beside) continue;
        const row = byCamel.get(name);
        if (row === undefined) (wrong ??= []).push(name);
        else made[row[1]] = row[2] === undefined ? given : row[2] === secret ? secret.in(given, name) : row[2].in(given);
      }
      if (wrong) throw unknown(wrong, rows);
      return made;
    },
  };
}

/** A plausible name of a field. Other texts may be values in the wrong place, and are not repeated. */
const NAME = /^(?![\w-]{40})[\w$.-]{1,64}$/;

/** The most unknown fields that an error names. */
const UNKNOWN_MAX = 8;

/** The error for unknown fields, with the text of the native half. */
function unknown(names, rows) {
  const known = rows.map((row) => row[0]).join(', ') || 'none';
  const named = names.filter((name) => NAME.test(name)).slice(0, UNKNOWN_MAX);
  const more = names.length - named.length;
  const quoted = named.map((name) => `\`${name}\``).join(', ');
  let text = `there are no fields ${quoted}`;
  if (named.length === 0) text = `unknown field (its name has ${names[0].length} characters)`;
  else if (names.length === 1) text = `there is no field ${quoted}`;
  else if (more > 0) text += `, and ${more} more`;
  const context = named.length > 0 ? { field: named.join(', ') } : {};
  return own('input.unknown_field', 'invalid_input', `${text}; the fields are: ${known}`, context);
}

function list(of) {
  return {
    same: of.same,
    hides: of.hides,
    out: (values) => (of.same ? values : values.map((value) => of.out(value))),
    in: (values) => (Array.isArray(values) ? values.map((value) => of.in(value)) : values),
    guarded: (values) => (of.hides ? values.map((value) => of.guarded(value)) : values),
    filled: (values) => (of.hides && Array.isArray(values) ? values.map((value) => of.filled(value)) : values),
  };
}

function map(of) {
  const each = (values, way) => Object.fromEntries(Object.entries(values).map(([key, value]) => [key, way(value)]));
  return {
    same: of.same,
    hides: of.hides,
    out: (values) => (of.same ? values : each(values, of.out)),
    in: (values) => (typeof values === 'object' && values !== null ? each(values, of.in) : values),
    guarded: (values) => (of.hides ? each(values, of.guarded) : values),
    filled: (values) => (of.hides && typeof values === 'object' && values !== null ? each(values, of.filled) : values),
  };
}

/** One of several structs, selected by a tag. */
function union(camelTag, alternatives, snakeTag) {
  return {
    hides: Object.values(alternatives).some((form) => form.hides),
    out(value) {
      const { [snakeTag]: tag, ...rest } = value;
      return { [camelTag]: tag, ...(alternatives[tag] ?? struct([])).out(rest) };
    },
    guarded: (value) => alternatives[value[snakeTag]]?.guarded(value) ?? value,
    filled: (value) => alternatives[value?.[snakeTag]]?.filled(value) ?? value,
    in(value) {
      if (typeof value !== 'object' || value === null) return value;
      const { [camelTag]: tag, ...rest } = value;
      const form = alternatives[tag];
      return { [snakeTag]: tag, ...(form ? form.in(rest) : rest) };
    },
  };
}

module.exports = { bytes, list, map, secret, struct, union };
