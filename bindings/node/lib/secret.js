'use strict';

const { inspect } = require('node:util');
const { pathOf } = require('./content');
const { native } = require('./native');
const { uncloneable } = require('./uncloneable');

/** Finds a secret whose class belongs to another copy of this package, such as one loaded by a test runner. */
const REVEAL = Symbol.for('bankchannel.SecretText.reveal');

/** A copy would be empty: what the error of an attempt to copy it shows. */
const NOT_COPIED = () => 'a secret is not copied to another thread or process: send what its reveal() gives';

/** The text shown instead. */
const HIDDEN = '[secret]';

/** A secret in a result: logs, JSON and templates do not show it. */
class SecretText {
  #text;

  constructor(text) {
    if (typeof text !== 'string') throw new TypeError('SecretText takes a string');
    this.#text = text;
    uncloneable(this, NOT_COPIED);
  }

  /** The secret itself. */
  reveal() {
    return this.#text;
  }

  /**
   * Writes the secret into a new file that only its owner can read (mode 0600; on Windows an access list with the user
   * alone). It appears whole or not at all. A file that exists is not overwritten: it may hold the only copy of another
   * secret.
   */
  saveTo(path) {
    const place = pathOf('path', path);
    const why = native().saveSecret(place, this.#text);
    if (why) {
      const [code, text] = why;
      throw Object.assign(new Error(`${code}: ${text}, open '${place}'`), { code, syscall: 'open', path: place });
    }
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

/** For `JSON.stringify`: reveals secrets. */
function revealing(key, value) {
  const given = this[key];
  return typeof given === 'object' && given !== null && isSecret(given) ? given[REVEAL]() : value;
}

module.exports = { SecretText, isSecret, revealing };
