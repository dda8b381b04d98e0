import type { Readable, Writable } from 'node:stream';

/** A secret: the text itself, one of a result, or where it is read from when the call begins. */
export type Secret = string | SecretText | { file: string } | { env: string };

/**
 * A secret in a result. `console.log`, `JSON.stringify` and templates do not show it; settings and requests take it as it is.
 */
export declare class SecretText {
  constructor(text: string);
  /** The secret itself, such as for keeping it. */
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

/**
 * A file's content to send: bytes (which are copied, since a program may change a buffer while it is sent), a file (which
 * is read in pieces), or a stream that is read once. A plain string is refused: it could be a path or the content. So is a
 * stream that gives strings, as one with an encoding does: they are not the file's bytes. Where the caller's own stream,
 * `onCode` or `signer` fails, its error comes out as it is; an `Error` without a `cause` gets the end of the call for one, whose
 * `outcome` says how far the exchange came.
 */
export type Content = LocalContent | Readable | AsyncIterable<Uint8Array>;

/** Content for an operation that only computes: bytes, which are not copied, or a file. */
export type LocalContent = Uint8Array | { path: string | URL };

/** Where received content goes: a file that must not exist unless `replace` is set, or a stream, which is ended. */
export type Destination = { path: string | URL; replace?: boolean } | Writable;

/** Received content. */
export interface Received {
  /** How many bytes. */
  readonly size: number;
  /** The bytes; absent when they went to a `destination` or stream. */
  readonly data?: Buffer;
  /** The file they went to, when that was the destination. */
  readonly path?: string;
}

/** What a call asks in its middle. */
export interface Question {
  /** What is asked: a code, or `bank.list_accounts` and its like; any other text: a question that this version does not know. */
  readonly kind: 'sms_code' | 'email_code' | 'phone_code' | 'totp_code' | 'reset_code' | 'mfa_method' | 'phone' | (string & {});
  /** For a person. */
  readonly text: string;
  /** The answers to choose from; empty where any is possible. */
  readonly choices: readonly string[];
  /** What the person needs for the answer and nobody else may see: the key of a new authenticator. */
  readonly secret?: string;
  /**
   * What a question to the program itself is about, such as `bank.list_accounts`: its fields have the catalogue's names. Its answer is JSON
   * text. Like `secret`, it is not enumerable.
   */
  readonly request?: Readonly<Record<string, unknown>>;
}

/** What an own signer is asked to sign. */
export interface SignatureRequest {
  /** RSA: PKCS #1 v1.5 over the digest, which is of this hash. Ed25519: the digest is the message. */
  readonly algorithm: 'rsa_pkcs1_sha256' | 'rsa_pkcs1_sha384' | 'rsa_pkcs1_sha512' | 'ed25519' | (string & {});
  /** The digest. */
  readonly digest: Buffer;
  /**
   * Which key has to sign, in upper-case hex. WS Channel: the fingerprint of the OpenPGP key or subkey, 40 digits. NextGenPSD2:
   * SHA-256 of the QSEAL certificate (DER), 64 digits.
   */
  readonly keyFingerprint: string;
}

/** Takes log records, redacted: no secret, code, token or content is among them. `console` is one. */
export interface Logger {
  /** Each exchange. */
  debug?(text: string): unknown;
  /** Each step of a flow. */
  info?(text: string): unknown;
  /** What deserves a look. */
  warn?(text: string): unknown;
}

/** How far a call is. */
export interface Progress {
  /** What is being done, for a person; empty where only the bytes have changed. */
  readonly text: string;
  /** Bytes of the present message's body that have gone out or come in. */
  readonly bytes: number;
  /** How many there will be, where that is known. */
  readonly total?: number;
}

/** How one call is to be carried out. */
export interface CallOptions {
  /** Cancels the call: it ends with a `CancelledError`, whose `name` is `AbortError` and whose `cause` is the signal's reason. */
  signal?: AbortSignal;
  /**
   * Milliseconds that it may take; 0 is expired at once. Left out, the client's `timeoutS` or the operation's own limit; in a
   * flow (such as `signAndUpload`) they limit each exchange, not how long the caller's own code is waited for.
   */
  timeoutMs?: number;
  /**
   * Is told how far the call is: the steps of a flow, and bytes of content ten times a second at most. The call does not wait
   * for it; what it throws is logged, and the call goes on.
   */
  onProgress?: (progress: Progress) => void;
}

/** Where the content of a response goes. */
export interface DestinationOption {
  /** Left out, into memory. */
  destination?: Destination;
}

/** Content of a call by name. */
export interface ContentOptions extends DestinationOption {
  content?: Content;
}

/** Who is asked in the middle of an operation. */
export interface AskOptions {
  /** Answers what an operation asks in its middle, such as for a one-time code. */
  onCode?: (question: Question) => string | Promise<string>;
  /**
   * Signs with a key that is elsewhere (an HSM, a smart card, an agent): where the request has a `signingCertificate` in
   * place of a private key, or a `NextGenPsd2` client has a `certificate` and no key. It answers the bare signature: of RSA as many bytes as the modulus has, of Ed25519 64. The
   * library checks it before anything is sent.
   */
  signer?: (request: SignatureRequest) => Uint8Array | Promise<Uint8Array>;
}

/** What a client has besides its settings. */
export interface ClientOptions extends AskOptions {
  /** Takes log records of every call; left out, nothing is logged. What it throws is ignored. */
  logger?: Logger;
}

/** The catalogue: every operation with its schemas and errors. */
export declare function catalogue(): ReadonlyArray<Readonly<Record<string, unknown>>>;

/** The version of the library. */
export declare const version: string;

/** How far an exchange came: the one thing to know before a payment is sent again. */
export type Outcome = 'not_sent' | 'unknown' | 'refused' | 'accepted';

/** What an error is made of. */
export interface ErrorDetails {
  code: ErrorCode;
  /** Left out, the code. */
  message?: string;
  /** Left out, that of the class. */
  category?: Category;
  retryable?: boolean;
  operation?: string | null;
  httpStatus?: number | null;
  outcome?: Outcome | null;
  peer?: { code?: string | null; text?: string | null; requestId?: string | null } | null;
  context?: Readonly<Record<string, string>>;
  retryAfterS?: number | null;
}

/** The base of every error of this library. */
export declare class BankchannelError extends Error {
  /** For the tests of programs that catch errors: `new PeerRefusedError({ code: codes.WS_CHANNEL_UPLOAD_REJECTED })`. */
  constructor(details: ErrorDetails, options?: { cause?: unknown });
  /** The stable code, such as `transport.connect_failed`. */
  readonly code: ErrorCode;
  /** Whose fault it is; the class says the same. */
  readonly category: Category;
  /** Whether the same call, later and unchanged, may succeed. */
  readonly retryable: boolean;
  /** The operation that failed. */
  readonly operation: string | null;
  /** The HTTP status that was answered. */
  readonly httpStatus: number | null;
  /** How far the exchange came; `null` where there was none. */
  readonly outcome: Outcome | null;
  /** What the peer said. */
  readonly peer: { readonly code: string | null; readonly text: string | null; readonly requestId: string | null } | null;
  /** The details of this case; `field` is the field as it is called here (in calls by name, as the catalogue has it). */
  readonly context: Readonly<Record<string, string>>;
  /** Seconds that the peer asked to wait. */
  readonly retryAfterS: number | null;
  /** The whole error, as it crosses every language boundary: its fields are in snake_case. */
  toJSON(): Record<string, unknown>;
}

/** A request as Node's `http` has it; Express and Fastify (`request.raw`, or a raw handler) pass it on. */
export interface WebRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string;
  readonly url?: string;
  readonly originalUrl?: string;
  readonly rawHeaders: string[];
}

/** An answer as Node's `http` has it. */
export interface WebResponse {
  statusCode: number;
  setHeader(name: string, value: string | number): unknown;
  end(body: string): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/** Answers Salt Edge from a web server; `worker` is woken when an answer has left. A framework must not have changed the address. */
export declare function saltEdgeHandler(
  connector: SaltEdgeConnector,
  worker?: Pick<SaltEdgeWorker, 'wake'>,
): (request: WebRequest, response: WebResponse) => void;

/**
 * Answers a connector that runs elsewhere: its questions to the bank, by their last part of the path. The body must be there as it came:
 * unread, as text, or as a buffer.
 */
export declare function saltEdgeBankHandler(connector: SaltEdgeConnector): (request: WebRequest, response: WebResponse) => void;

/** Calls `work` of a connector whenever there is something to do: when it is woken, and when something is due. */
export declare class SaltEdgeWorker implements AsyncDisposable {
  constructor(connector: SaltEdgeConnector);
  /** Says that there is work now. */
  wake(): void;
  /** Ends it after what it has begun. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
