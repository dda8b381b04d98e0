'use strict';

const classes = new Map();
const categories = new Map();

/** The base of every error of this library. */
class BankchannelError extends Error {
  constructor(given, options) {
    const details = whole(given, new.target);
    super(errorText(details), options);
    const peer = details.peer;
    this.code = details.code;
    this.text = details.message;
    this.remedy = details.remedy ?? '';
    this.category = details.category;
    this.retryable = Boolean(details.retryable);
    this.operation = details.operation ?? null;
    this.httpStatus = details.http_status ?? null;
    this.outcome = details.outcome ?? null;
    this.peer = peer ? { code: peer.code ?? null, text: peer.text ?? null, requestId: peer.request_id ?? null } : null;
    this.context = details.context ?? {};
    this.retryAfterS = details.retry_after_s ?? null;
    // Not enumerable: loggers show neither; the response may hold the content of files.
    const { partial_response: partial = null, ...shown } = details;
    Object.defineProperty(this, '_details', { value: shown });
    Object.defineProperty(this, 'partialResponse', { value: partial, writable: true, configurable: true });
  }

  /** The complete error in the form common to all languages. */
  toJSON() {
    return { ...this._details };
  }
}

/** The message of an error, the same as in other languages: `ws_channel.upload_file: the text [code; outcome refused]`. */
function errorText({ operation, message, code, outcome }) {
  return `${operation ? `${operation}: ` : ''}${message} [${code}${outcome ? `; outcome ${outcome}` : ''}]`;
}

/** Renews the message of an error whose parts have changed, also where the stack begins with it. */
function retell(error) {
  const { operation, outcome, code, text: message } = error;
  const [before, now] = [error.message, errorText({ operation, message, code, outcome })];
  error.message = now;
  if (typeof error.stack === 'string') error.stack = error.stack.replace(before, () => now);
}

/** An error's details in boundary form; a program's own tests give the relevant ones in camelCase. */
function whole(given, errorClass) {
  if (typeof given?.code !== 'string') throw new TypeError('an error of bankchannel needs { code }');
  // The native half gives all of them.
  if ('http_status' in given) return given;
  const { code, text = code, message = text, remedy = '', retryable = false } = given;
  const { operation = null, httpStatus = null, outcome = null } = given;
  const { retryAfterS = null, peer = null, context = {}, partialResponse = null } = given;
  const said = peer && { code: peer.code ?? null, text: peer.text ?? null, request_id: peer.requestId ?? null };
  const category = given.category ?? categories.get(errorClass) ?? 'internal';
  const rest = { http_status: httpStatus, outcome, retry_after_s: retryAfterS, peer: said, context: { ...context } };
  if (partialResponse !== null) rest.partial_response = partialResponse;
  return { code, category, message, remedy, retryable, operation, ...rest };
}

/** Registers the class of a category. */
function register(category, errorClass) {
  // `AbortError` is the name that programs check after they cancelled something themselves.
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

/** Errors made by the package itself: they name fields as the caller did. */
const ours = new WeakSet();

/** An error found by the package itself, before the native half is called. */
function own(code, category, message, context = {}, options = undefined) {
  const nothing = { operation: null, http_status: null, outcome: null, retry_after_s: null, peer: null };
  const error = fromJson({ code, category, message, retryable: false, ...nothing, context }, options);
  ours.add(error);
  return error;
}

/** An invalid argument. */
function invalidField(field, why) {
  return own('input.invalid_field', 'invalid_input', `${field}: ${why}`, { field });
}

/** The error when no callback can answer a question. */
function missing(field, why) {
  return own('input.missing_field', 'invalid_input', `${field} ${why}`, { field });
}

/** The same for a field that already has its JSON name. */
function invalidMember(field, why) {
  const error = invalidField(field, why);
  ours.delete(error);
  return error;
}

/** Calls the native half; its exceptions become typed errors. */
function typed(work) {
  try {
    return work();
  } catch (thrown) {
    throw fromNative(thrown);
  }
}

/** The typed error for an exception of the native half. */
function fromNative(thrown) {
  if (thrown instanceof BankchannelError) return thrown;
  if (typeof thrown?.message === 'string' && thrown.message.startsWith('{"code"')) return fromJson(thrown.message);
  // A panic, or a value that the addon cannot read: a fault of the package itself. The text of a panic may contain the
  // caller's values, so it is not passed on.
  const options = thrown?.code === 'GenericFailure' ? undefined : { cause: thrown };
  return own('internal', 'internal', 'a defect inside bankchannel stopped the call', {}, options);
}

/** Says in which item of a list an error was found. */
function placed(error, place) {
  error.text = `${place}: ${error.text}`;
  error._details.message = error.text;
  retell(error);
  return error;
}

/** Adds the operation's name, if the package itself found the error. */
function inOperation(error, operation) {
  if (error instanceof BankchannelError && error.operation === null && typeof operation === 'string') {
    error.operation = operation;
    error._details.operation = operation;
    retell(error);
  }
  return error;
}

/** Adds the outcome of the exchange, if the package itself found the error during a call. */
function inMiddle(error, ended) {
  if (ours.has(error) && error.operation === null && error.outcome === null) {
    error.outcome = ended.outcome;
    error._details.outcome = ended.outcome;
    retell(error);
  }
  return error;
}

/**
 * Replaces the library's names of fields by those of this language: `file_type` is `fileType`. `toJSON` keeps the
 * original. An unknown field is named as the caller has spelled it.
 */
function inCamelCase(error) {
  if (!(error instanceof BankchannelError) || ours.has(error) || typeof error.context.field !== 'string') return error;
  if (error.code === 'input.unknown_field') return error;
  // A list of problems has one per line; each line begins with its place.
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
  error.text = renamed(error.text);
  retell(error);
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
  placed,
  register,
  typed,
};
