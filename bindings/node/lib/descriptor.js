'use strict';

// Listed items, given instead of the fields that name them.

/**
 * A request's own fields. An object that has all required members of a listed item is treated as one: its other members
 * are ignored, since the request has no such fields. Any other unknown field is still refused.
 */
function described({ descriptors }, request) {
  const descriptor = descriptors?.find(({ required }) => required.every((name) => request[name] !== undefined));
  if (descriptor === undefined) return request;
  const fields = { ...request };
  for (const name of descriptor.others) delete fields[name];
  return fields;
}

module.exports = { described };
