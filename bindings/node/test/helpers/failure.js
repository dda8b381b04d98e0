'use strict';

const assert = require('node:assert/strict');

/** The error of a promise or function. */
async function failure(work) {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'it did not fail' });
}

module.exports = { failure };
