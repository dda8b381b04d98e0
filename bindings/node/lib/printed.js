'use strict';

// What `console.log` shows of objects whose members are private.

const { inspect } = require('node:util');

/** Settings that are neither secret nor personal: the library takes names of lists only. */
const OPEN = ['environment', 'dialect', 'mode', 'bank'];

/** What such a name looks like. */
const NAME = /^[\w.-]{1,40}$/;

/** The settings of a client that may show, as far as they were given. */
function settingsShown(settings) {
  const shown = {};
  for (const name of OPEN) if (typeof settings[name] === 'string' && NAME.test(settings[name])) shown[name] = settings[name];
  const url = typeof settings.baseUrl === 'string' && URL.canParse(settings.baseUrl) && new URL(settings.baseUrl);
  // The library takes none with a password or a token in it; nor does this.
  if (url) shown.baseUrl = url.origin + url.pathname;
  return shown;
}

/** An object as its class and these fields. */
function printed(of, fields, depth, options) {
  const name = of.constructor.name;
  return depth < 0 ? `[${name}]` : `${name} ${inspect(fields, options)}`;
}

module.exports = { printed, settingsShown };
