'use strict';

/** What the error of such a copy shows: the member that could not be copied. */
const BELONGS = () => 'it belongs to its thread: make one in each process and worker';

/**
 * An attempt to copy the object to another thread or process (`postMessage`, `structuredClone`, `v8.serialize`) fails, and
 * says why. Without this a copy would have no private members and no methods, without any error: the algorithm looks
 * at enumerable members only, so this is one.
 */
function uncloneable(object, why = BELONGS) {
  Object.defineProperty(object, 'uncloneable', { value: why, enumerable: true });
}

module.exports = { uncloneable };
