'use strict';

// Turns camelCase members into the boundary's snake_case and back, by the type's own table: keys of maps stay as they are.

const { own } = require('./error');

/** Named fields: rows of [camelCase, snake_case, form of the value]. */
function struct(rows) {
  const bySnake = new Map(rows.map((row) => [row[1], row]));
  const byCamel = new Map(rows.map((row) => [row[0], row]));
  return {
    out(value) {
      const made = {};
      for (const [name, found] of Object.entries(value)) {
        const row = bySnake.get(name);
        // What this version does not know is ignored.
        if (row) made[row[0]] = row[2] && found !== null ? row[2].out(found) : found;
      }
      return made;
    },
    in(value) {
      // A value of another type is for the library to refuse: it knows the field's name.
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      const made = {};
      for (const [name, given] of Object.entries(value)) {
        if (given === undefined) continue;
        const row = byCamel.get(name);
        if (!row) {
          const known = rows.map((known) => known[0]).join(', ') || 'none';
          const message = `there is no field \`${name}\`; fields are: ${known}`;
          throw own('input.unknown_field', 'invalid_input', message, { field: name });
        }
        made[row[1]] = row[2] ? row[2].in(given) : given;
      }
      return made;
    },
  };
}

function list(of) {
  return {
    out: (values) => values.map(of.out),
    in: (values) => (Array.isArray(values) ? values.map(of.in) : values),
  };
}

function map(of) {
  const each = (values, way) => Object.fromEntries(Object.entries(values).map(([key, value]) => [key, way(value)]));
  return {
    out: (values) => each(values, of.out),
    in: (values) => (typeof values === 'object' && values !== null ? each(values, of.in) : values),
  };
}

/** One of several structs, told apart by a tag. */
function union(camelTag, alternatives, snakeTag) {
  return {
    out(value) {
      const { [snakeTag]: tag, ...rest } = value;
      return { [camelTag]: tag, ...(alternatives[tag] ?? struct([])).out(rest) };
    },
    in(value) {
      if (typeof value !== 'object' || value === null) return value;
      const { [camelTag]: tag, ...rest } = value;
      const form = alternatives[tag];
      return { [snakeTag]: tag, ...(form ? form.in(rest) : rest) };
    },
  };
}

module.exports = { list, map, struct, union };
