'use strict';

const { invalidField } = require('./error');

/** The request with the current names of its fields, if it has names of earlier versions. */
function renamed({ formerly }, request) {
  if (formerly === undefined) return request;
  let made = request;
  for (const [former, name] of Object.entries(formerly)) {
    const { [former]: value, ...rest } = made;
    if (value === undefined) continue;
    if (rest[name] !== undefined) throw invalidField(name, `is given under its former name ${former} too: give one`);
    made = { ...rest, [name]: value };
  }
  return made;
}

module.exports = { renamed };
