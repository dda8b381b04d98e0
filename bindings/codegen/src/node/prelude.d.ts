import type { Readable, Writable } from 'node:stream';

/** A path, as those of `node:fs`: a text, a `file:` URL, or bytes in UTF-8. */
export type FilePath = string | URL | Buffer;

/** A secret: the text itself, a secret of a result, or the place that it is read from when the call begins. */
export type Secret = string | SecretText | { file: FilePath } | { env: string };

/**
 * A secret in a result. `console.log`, `JSON.stringify` and templates show `[secret]`; settings and requests accept it
 * directly.
 */
export declare class SecretText {
  constructor(text: string);
  /** The secret itself. */
  reveal(): string;
  /**
   * Writes the secret into a new file that only its owner can read (mode 0600; on Windows an access list with the user
   * alone). A client reads it there: `new WsChannel({ apiKey: { file: path }, … })`. A file that exists is not
   * overwritten: it may hold the only copy of another secret.
   */
  saveTo(path: FilePath): void;
  toString(): string;
  toJSON(): string;
}

/**
 * A file's content to send: bytes (which are copied, since a program may change a buffer while it is sent), a file
 * (which is read in pieces), or a stream that is read once. A plain string is refused: it could be a path or the
 * content. So is a stream of strings, such as one with an encoding: strings are not the file's bytes. If the caller's
 * own stream, `onCode` or `signer` fails, its error is rethrown as it is; an `Error` without a `cause` gets the error
 * of the call as its `cause`, whose `outcome` is that of the exchange.
 */
export type Content = LocalContent | Readable | AsyncIterable<Uint8Array>;

/** Content for a local operation: bytes, which are not copied, or a file. */
export type LocalContent = Uint8Array | { path: FilePath };

/**
 * The destination of received content: a file that must not exist unless `replace` is set, or a stream, which is ended.
 */
export type Destination = { path: FilePath; replace?: boolean } | Writable;

/** Received content. */
export interface Received {
  /** The number of bytes. */
  readonly size: number;
  /** The bytes; absent if they went to a `destination` or stream. */
  readonly data?: Buffer;
  /** The path of the file, if that was the destination. */
  readonly path?: string;
}

/** A question of a call while it runs. */
export interface Question {
  /**
   * The kind of question: a code, or `bank.list_accounts` and similar; any other text: a question that this version
   * does not know.
   */
  readonly kind: 'sms_code' | 'email_code' | 'phone_code' | 'totp_code' | 'reset_code' | 'mfa_method' | 'phone' | (string & {});
  /** The text for a person. */
  readonly text: string;
  /** The answers to choose from; empty if any answer is possible. */
  readonly choices: readonly string[];
  /** A secret that the person needs for the answer and that nobody else may see: the key of a new authenticator. */
  readonly secret?: string;
  /**
   * The request of a question to the program itself, such as `bank.list_accounts`: its fields have the catalogue's
   * names. The answer is JSON text. Like `secret`, it is not enumerable.
   */
  readonly request?: Readonly<Record<string, unknown>>;
}

/** The request for a signature to the program's own signer. */
export interface SignatureRequest {
  /** RSA: PKCS #1 v1.5 over the digest, which is made with this hash. Ed25519: the digest is the message. */
  readonly algorithm: 'rsa_pkcs1_sha256' | 'rsa_pkcs1_sha384' | 'rsa_pkcs1_sha512' | 'ed25519' | (string & {});
  /** The digest. */
  readonly digest: Buffer;
  /**
   * The key that must sign, in upper-case hex. WS Channel: the fingerprint of the OpenPGP key or subkey, 40 digits.
   * NextGenPSD2: SHA-256 of the QSEAL certificate (DER), 64 digits.
   */
  readonly keyFingerprint: string;
}

/** Receives log records, redacted: they contain no secret, code, token or content. `console` is one. */
export interface Logger {
  /** Each exchange. */
  debug?(text: string, fields: LogFields): unknown;
  /** Each step of a flow, and each new attempt. */
  info?(text: string, fields: LogFields): unknown;
  /** Warnings. */
  warn?(text: string, fields: LogFields): unknown;
}

/** The facts in a log record, each where it applies. */
export interface LogFields {
  /** The operation that was called, such as `ws_channel.upload_file`. */
  readonly operation?: string;
  /** The method of an exchange. */
  readonly httpMethod?: string;
  /** The HTTP status of an answer. */
  readonly httpStatus?: number;
  /** How long one attempt at an exchange took, in milliseconds. */
  readonly durationMs?: number;
  /** The error code of a failed attempt or call. */
  readonly code?: ErrorCode;
  /** How far a failed attempt or call came. */
  readonly outcome?: Outcome;
  /** The service's own code in an answer of the WS Channel. */
  readonly peerCode?: string;
  /** The peer's id of a failed request. */
  readonly requestId?: string;
  /** The `X-Request-ID` that was sent. */
  readonly xRequestId?: string;
  /** The number of the attempt that follows. */
  readonly attempt?: number;
  /** The most attempts that are made. */
  readonly attempts?: number;
  /** The time until it, in milliseconds. */
  readonly delayMs?: number;
  /** What was asked, or the question at which your own code failed. */
  readonly question?: string;
}

/** The answer to an exchange of a call, without its body. */
export interface HttpExchange {
  /** The method of the request. */
  readonly method: string;
  /** The HTTP status. */
  readonly status: number;
  /** The headers, with names in lower case; several of one name are joined by a comma. They may hold cookies and tokens. */
  readonly headers: Readonly<Record<string, string>>;
  /** The seconds until the head of the answer. */
  readonly durationS: number;
  /** The peer's id of the request, from its header `X-Request-ID`. */
  readonly requestId?: string;
}

/** A request of a call that begins: one attempt at an exchange. */
export interface HttpRequest {
  /** The operation that was called, such as `ws_channel.list_files`. */
  readonly operation: string;
  /** The method of the request. */
  readonly method: string;
  /** Path and query as in logs: addresses, numbers and names in them are redacted. */
  readonly target: string;
  /** The number of the attempt, from 1. */
  readonly attempt: number;
}

/** A value as JSON has it. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** A name as JSON has it: an underscore and a small letter in place of each capital. */
export type JsonName<N extends string> = N extends `${infer L}${infer R}`
  ? `${L extends Lowercase<L> ? L : `_${Lowercase<L>}`}${JsonName<R>}`
  : N;

/** A value as JSON has it: its members, which have camelCase names here, have those of JSON. */
export type AsJson<T> = T extends readonly (infer U)[]
  ? readonly AsJson<U>[]
  : T extends object
    ? { [K in keyof T as K extends string ? (string extends K ? K : JsonName<K>) : K]: AsJson<T[K]> }
    : T;

/** What `seed` of the server of this class takes. */
export type SeedOf<C extends string> = C extends keyof SeedData ? SeedData[C] : Record<string, unknown>;

/** What it answers. */
export type SeededBy<C extends string> = C extends keyof SeededData ? SeededData[C] : JsonValue;

/** The progress of a call. */
export interface Progress {
  /** The current step, for a person; empty in a call of one exchange. */
  readonly text: string;
  /** Bytes of the present message's body that were sent or received. */
  readonly bytes: number;
  /** The total number of these bytes, if it is known. */
  readonly total?: number;
  /** Whether the bytes are sent or received; absent when a step begins. */
  readonly direction?: 'send' | 'receive';
  /** The number of the current step, from 1; 0 if the call has no steps. */
  readonly step: number;
  /** The number of steps, if it is known. */
  readonly steps?: number;
  /** The number of the current file, from 1, in a call for several files. */
  readonly file?: number;
  /** The number of files. */
  readonly files?: number;
  /** The share of the whole call that is done, from 0 to 1, if it is known: for a bar. It never falls. */
  readonly fraction?: number;
}

/** The options of one call. */
export interface CallOptions {
  /** Cancels the call: it ends with a `CancelledError`, whose `name` is `AbortError` and whose `cause` is the signal's reason. */
  signal?: AbortSignal;
  /**
   * Seconds that the call may take, fractions allowed; 0 is expired at once. Left out, the client's or the operation's
   * own. At most a day, or `Infinity`.
   */
  timeout?: number;
  /** How often each exchange may be repeated, 0 to 10. Left out, the client's `retries`. */
  retries?: number;
  /** An array to which the answers to the exchanges of a successful call are added. */
  withResponse?: HttpExchange[];
  /**
   * An id for the call, sent as `X-Request-ID` with each of its exchanges, and part of its log and of the `context` of
   * its error: 1 to 100 characters, each an ASCII letter, a digit or one of `-._~:`; for NextGenPSD2 a UUID in lower
   * case, sent with the first attempt only.
   */
  requestId?: string;
  /**
   * Called with the progress of the call: the steps of a flow, and bytes of content ten times a second at most. The
   * call does not wait for it; its exceptions are logged, and the call continues.
   */
  onProgress?: (progress: Progress) => void;
}

/** The destination of a response's content. */
export interface DestinationOption {
  /** By default, memory. */
  destination?: Destination;
}

/** Content of a call by name. */
export interface ContentOptions extends DestinationOption {
  content?: Content;
}

/** The callbacks for questions of an operation. */
export interface AskOptions {
  /** Answers the questions of an operation, such as for a one-time code. */
  onCode?: (question: Question) => string | Promise<string>;
  /**
   * Signs with an external key (an HSM, a smart card, an agent): if the request has a `signingCertificate` instead of a
   * private key, or a `NextGenPsd2` client has a `certificate` and no key. It returns the raw signature: for RSA as
   * long as the modulus, for Ed25519 64 bytes. The library verifies it before anything is sent.
   */
  signer?: (request: SignatureRequest) => Uint8Array | Promise<Uint8Array>;
}

/** Options of a client in addition to its settings. */
export interface ClientOptions extends AskOptions {
  /** Receives the log records of every call; by default, nothing is logged. Its exceptions are ignored. */
  logger?: Logger;
  /** Called when a request begins; it cannot change it. Its exceptions are logged, and the call continues. */
  onRequest?: (request: HttpRequest) => void;
  /** Called when the head of an answer is there, in the same way. A request that fails without an answer has none. */
  onResponse?: (request: HttpRequest, answer: HttpExchange) => void;
  /**
   * A tracer of OpenTelemetry (`trace.getTracer('your-program')` of `@opentelemetry/api`): each call is a span of kind
   * CLIENT below the present one, with its requests and answers as events, and its `traceparent` goes along where
   * `sendTraceparent` allows it.
   */
  tracer?: Tracer;
  /** Without a tracer: a W3C `traceparent` that goes along, or a function that is asked for one at each call. */
  traceparent?: string | (() => string | undefined);
}

/** What is used of a tracer: the `Tracer` of `@opentelemetry/api` is one. */
export interface Tracer {
  startSpan(name: string, options?: { kind?: number; attributes?: Record<string, string | number> }): TracerSpan;
}

/** What is used of a span: the `Span` of `@opentelemetry/api` is one. */
export interface TracerSpan {
  spanContext(): { traceId: string; spanId: string; traceFlags: number };
  addEvent(name: string, attributes?: Record<string, string | number>): unknown;
  setAttribute(name: string, value: string | number): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  end(): void;
}

/** The catalogue: every operation with its schemas and errors. */
export declare function catalogue(): ReadonlyArray<Readonly<Record<string, unknown>>>;

/** The version of the library. */
export declare const version: string;

/** The outcome of an exchange: read it before you send a payment again. */
export type Outcome = 'not_sent' | 'unknown' | 'refused' | 'accepted';

/** The values of an error. */
export interface ErrorDetails {
  code: ErrorCode;
  /** What went wrong; by default, the code. */
  text?: string;
  /** What to do about it. */
  remedy?: string;
  /** By default, that of the class. */
  category?: Category;
  retryable?: boolean;
  operation?: string | null;
  httpStatus?: number | null;
  outcome?: Outcome | null;
  peer?: { code?: string | null; text?: string | null; requestId?: string | null } | null;
  context?: Readonly<Record<string, string>>;
  retryAfterS?: number | null;
  partialResponse?: unknown;
}

/** The base of every error of this library. */
export declare class BankchannelError extends Error {
  /** For the tests of programs that catch errors: `new PeerRefusedError({ code: codes.WS_CHANNEL_UPLOAD_REJECTED })`. */
  constructor(details: ErrorDetails, options?: { cause?: unknown });
  /** The stable code, such as `transport.connect_failed`. */
  readonly code: ErrorCode;
  /** The party at fault; the class has the same meaning. */
  readonly category: Category;
  /** What went wrong. `message` has it with the operation, the code and the outcome. */
  readonly text: string;
  /** What to do about it. */
  readonly remedy: string;
  /** Whether the same call, later and unchanged, may succeed. */
  readonly retryable: boolean;
  /** The operation that failed. */
  readonly operation: string | null;
  /** The HTTP status of the answer. */
  readonly httpStatus: number | null;
  /** The outcome of the exchange; `null` if there was none. */
  readonly outcome: Outcome | null;
  /** The peer's own error. */
  readonly peer: { readonly code: string | null; readonly text: string | null; readonly requestId: string | null } | null;
  /** The details of this case; `field` is the field's name in this language (in calls by name, the catalogue's). */
  readonly context: Readonly<Record<string, string>>;
  /** The wait in seconds that the peer asked for. */
  readonly retryAfterS: number | null;
  /**
   * What the failed call had finished, in the form of its response: files that have arrived, answers that have come.
   * `null` if there is nothing. It is not in `toJSON`, and not shown.
   */
  readonly partialResponse: any;
  /** The complete error in the form common to all languages: its fields are in snake_case. */
  toJSON(): Record<string, unknown>;
}

/** A request in the form of Node's `http`; Express and Fastify (`request.raw`, or a raw handler) pass it on. */
export interface WebRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string;
  readonly url?: string;
  readonly originalUrl?: string;
  readonly rawHeaders: string[];
}

/** An answer in the form of Node's `http`. */
export interface WebResponse {
  statusCode: number;
  setHeader(name: string, value: string | number): unknown;
  end(body: string): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * Answers Salt Edge from a web server; `worker` is woken after each answer. A framework must not have changed the
 * address.
 */
export declare function saltEdgeHandler(
  connector: SaltEdgeConnector,
  worker?: Pick<SaltEdgeWorker, 'wake'>,
): (request: WebRequest, response: WebResponse) => void;

/**
 * Answers a connector that runs elsewhere: its questions to the bank, by the last part of their path. The body must be
 * the original one: unread, as text, or as a buffer.
 */
export declare function saltEdgeBankHandler(connector: SaltEdgeConnector): (request: WebRequest, response: WebResponse) => void;

/** Calls `work` of a connector when it is woken, and at the time of the next work. */
export declare class SaltEdgeWorker implements AsyncDisposable {
  constructor(connector: SaltEdgeConnector);
  /** Notifies it of new work. */
  wake(): void;
  /** Ends it after the work in progress. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
