'use strict';

// The program's environment is `process.env`. The native half would read that of the process, which is another one in a
// worker with its own `env`, in a test runner, and where `process.env` was replaced.

const { invalidField } = require('./error');

/** The variables of `fromEnv`: those with this prefix. */
function variables(prefix) {
  const own = Object.entries(process.env).filter(([name, value]) => name.startsWith(prefix) && typeof value === 'string');
  return Object.fromEntries(own);
}

/** A secret: `{ env: NAME }` becomes that variable's value. `field` is for the error. */
function fromVariable(value, field = 'secret') {
  if (typeof value !== 'object' || value === null || typeof value.env !== 'string') return value;
  if (Object.keys(value).length !== 1) return value;
  const text = process.env[value.env];
  if (typeof text === 'string') {
    // Node replaces bytes that are no UTF-8.
    if (text.includes('\ufffd')) throw invalidField(field, 'the environment variable that is named is not UTF-8');
    return text;
  }
  const isName = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(value.env);
  throw invalidField(
    field,
    isName
      ? `the environment variable ${value.env} is not set`
      : `no environment variable has the given name (${value.env.length} characters, not shown); if this is the secret itself, give it as a string`,
  );
}

module.exports = { fromVariable, variables };
