'use strict';

// What a listing gave, in place of the fields of a request that name it.

/**
 * A request's own fields. An object that has all required members of what a listing gives is taken for one of these: its
 * other members say nothing that the request asks for. Any other unknown field is still refused.
 */
function described({ descriptors }, request) {
  const descriptor = descriptors?.find(({ required }) => required.every((name) => request[name] !== undefined));
  if (descriptor === undefined) return request;
  const fields = { ...request };
  for (const name of descriptor.others) delete fields[name];
  return fields;
}

module.exports = { described };
