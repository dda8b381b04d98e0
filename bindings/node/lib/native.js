'use strict';

// The addon is loaded when it is first needed: requiring the package costs next to nothing.
let loaded;

function native() {
  if (!loaded) {
    try {
      loaded = require('../bankchannel.node');
    } catch (cause) {
      const how = cause.code === 'MODULE_NOT_FOUND' ? 'it is not there; build it with bindings/node/build.sh' : cause.message;
      throw new Error(`the native half of bankchannel cannot be loaded: ${how}`, { cause });
    }
  }
  return loaded;
}

module.exports = { native };
