'use strict';

const { inspect } = require('node:util');

/** How a secret is found whose class another copy of this package made, as test runners load one. */
const REVEAL = Symbol.for('bankchannel.SecretText.reveal');

/** What is shown in its place. */
const HIDDEN = '[secret]';

/** A secret in a result: logs, JSON and templates do not show it. */
class SecretText {
  #text;

  constructor(text) {
    if (typeof text !== 'string') throw new TypeError('SecretText takes a string');
    this.#text = text;
  }

  /** The secret itself. */
  reveal() {
    return this.#text;
  }

  [REVEAL]() {
    return this.#text;
  }

  toString() {
    return HIDDEN;
  }

  toJSON() {
    return HIDDEN;
  }

  [inspect.custom]() {
    return `SecretText(${HIDDEN})`;
  }
}

/** Whether a value is a secret of this class. */
function isSecret(value) {
  return typeof value[REVEAL] === 'function';
}

/** For `JSON.stringify`: secrets as they are. */
function revealing(key, value) {
  const given = this[key];
  return typeof given === 'object' && given !== null && isSecret(given) ? given[REVEAL]() : value;
}

module.exports = { SecretText, isSecret, revealing };
