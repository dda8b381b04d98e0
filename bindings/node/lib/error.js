'use strict';

const classes = new Map();
const categories = new Map();

/** The base of every error of this library. */
class BankchannelError extends Error {
  constructor(given, options) {
    const details = whole(given, new.target);
    super(details.message, options);
    const peer = details.peer;
    this.code = details.code;
    this.category = details.category;
    this.retryable = Boolean(details.retryable);
    this.operation = details.operation ?? null;
    this.httpStatus = details.http_status ?? null;
    this.outcome = details.outcome ?? null;
    this.peer = peer ? { code: peer.code ?? null, text: peer.text ?? null, requestId: peer.request_id ?? null } : null;
    this.context = details.context ?? {};
    this.retryAfterS = details.retry_after_s ?? null;
    Object.defineProperty(this, '_details', { value: details });
  }

  /** The whole error, as it crosses every language boundary. */
  toJSON() {
    return { ...this._details };
  }
}

/** An error's details as the boundary has them; a program's own tests give them in camelCase, with what they care for. */
function whole(given, errorClass) {
  if (typeof given?.code !== 'string') throw new TypeError('an error of bankchannel needs { code }');
  // The native half gives all of them.
  if ('http_status' in given) return given;
  const { code, message = code, retryable = false, operation = null, httpStatus = null, outcome = null } = given;
  const { retryAfterS = null, peer = null, context = {} } = given;
  const said = peer && { code: peer.code ?? null, text: peer.text ?? null, request_id: peer.requestId ?? null };
  const category = given.category ?? categories.get(errorClass) ?? 'internal';
  const rest = { http_status: httpStatus, outcome, retry_after_s: retryAfterS, peer: said, context: { ...context } };
  return { code, category, message, retryable, operation, ...rest };
}

/** Makes a class the one of its category. */
function register(category, errorClass) {
  // `AbortError` is what programs look for when they cancelled something themselves.
  const name = category === 'cancelled' ? 'AbortError' : errorClass.name;
  Object.defineProperty(errorClass.prototype, 'name', { value: name, configurable: true, writable: true });
  classes.set(category, errorClass);
  categories.set(errorClass, category);
}

/** The typed error of an error's JSON form. */
function fromJson(text, options) {
  require('./errors'); // registers the classes
  const details = typeof text === 'string' ? JSON.parse(text) : text;
  return new (classes.get(details.category) ?? BankchannelError)(details, options);
}

/** Errors of the package itself: they name fields as the caller did. */
const ours = new WeakSet();

/** An error that the package itself finds, before the native half is asked. */
function own(code, category, message, context = {}, options = undefined) {
  const nothing = { operation: null, http_status: null, outcome: null, retry_after_s: null, peer: null };
  const error = fromJson({ code, category, message, retryable: false, ...nothing, context }, options);
  ours.add(error);
  return error;
}

/** An argument that cannot be used. */
function invalidField(field, why) {
  return own('input.invalid_field', 'invalid_input', `${field}: ${why}`, { field });
}

/** The error when no callback can answer a question. */
function missing(field, why) {
  return own('input.missing_field', 'invalid_input', `${field} ${why}`, { field });
}

/** The same of a field that has its name in the JSON already. */
function invalidMember(field, why) {
  const error = invalidField(field, why);
  ours.delete(error);
  return error;
}

/** Calls the native half; what it throws becomes a typed error. */
function typed(work) {
  try {
    return work();
  } catch (thrown) {
    throw fromNative(thrown);
  }
}

/** The typed error of what the native half has thrown. */
function fromNative(thrown) {
  if (thrown instanceof BankchannelError) return thrown;
  if (typeof thrown?.message === 'string' && thrown.message.startsWith('{"code"')) return fromJson(thrown.message);
  // A panic, or a value that the addon cannot read: the package itself is wrong. The text of a panic may hold what the caller
  // gave, so it goes no further.
  const options = thrown?.code === 'GenericFailure' ? undefined : { cause: thrown };
  return own('internal', 'internal', 'a defect inside bankchannel stopped the call', {}, options);
}

/** Names the operation, where the package itself found the error. */
function inOperation(error, operation) {
  if (error instanceof BankchannelError && error.operation === null && typeof operation === 'string') {
    error.operation = operation;
    error._details.operation = operation;
  }
  return error;
}

/** Says how far the exchange came, where the package itself found the error in the middle of a call. */
function inMiddle(error, ended) {
  if (ours.has(error) && error.operation === null && error.outcome === null) {
    error.outcome = ended.outcome;
    error._details.outcome = ended.outcome;
  }
  return error;
}

/** Names the fields as they are called here, where the library names one: `file_type` is `fileType`. `toJSON` has it as it was. */
function inCamelCase(error) {
  if (!(error instanceof BankchannelError) || ours.has(error) || typeof error.context.field !== 'string') return error;
  // Where several problems are told, one a line, each begins with its place.
  const { field, problems = '' } = error.context;
  const places = problems.split('\n').map((line) => line.slice(0, Math.max(line.indexOf(': '), 0)));
  const names = new Set([field, ...places].join(' ').match(/[a-z][a-z0-9]*(?:_[a-z0-9]+)+/g));
  const renamed = (text) => {
    for (const name of names)
      text = text.replaceAll(
        name,
        name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase()),
      );
    return text;
  };
  error.context = { ...error.context, field: renamed(field), ...(problems && { problems: renamed(problems) }) };
  error.message = renamed(error.message);
  return error;
}

module.exports = {
  BankchannelError,
  fromJson,
  fromNative,
  inCamelCase,
  inMiddle,
  inOperation,
  invalidField,
  invalidMember,
  missing,
  own,
  register,
  typed,
};
