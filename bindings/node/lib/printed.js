'use strict';

// `console.log` output of objects with private members.

const { inspect } = require('node:util');

/** Settings that are neither secret nor personal: the library accepts only listed names for them. */
const OPEN = ['environment', 'dialect', 'mode', 'bank'];

/** The form of such a name. */
const NAME = /^[\w.-]{1,40}$/;

/** The given settings of a client that may be shown. */
function settingsShown(settings) {
  const shown = {};
  for (const name of OPEN) if (typeof settings[name] === 'string' && NAME.test(settings[name])) shown[name] = settings[name];
  return shown;
}

/** An object as its class and these fields. */
function printed(of, fields, depth, options) {
  const name = of.constructor.name;
  return depth < 0 ? `[${name}]` : `${name} ${inspect(fields, options)}`;
}

module.exports = { printed, settingsShown };
