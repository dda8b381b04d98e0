/*
 * bankchannel: talk to banks from code. The C interface.
 *
 * Generated from ffi/src by ffi/generate; do not edit. docs/c-abi.md is the whole contract. In short:
 *
 *  - A function is named like a method. Inputs come before outputs, a buffer is followed by its size, and text is
 *    UTF-8 without NUL at its end. Inputs are borrowed during the function only.
 *  - Every function that can fail returns a BankchannelStatus, and on BANKCHANNEL_STATUS_ERROR and
 *    BANKCHANNEL_STATUS_MISUSE gives an error object to `error`, unless that is NULL. Free it.
 *    bankchannel_compute returns the text itself, and NULL in place of these two; the rest is in its answer, always.
 *  - Outputs are written only on success. No function ever calls back into the program.
 *  - What is given by ..._new, ..._begin or ..._start is freed by ..._free; bytes by bankchannel_bytes_free.
 *  - Clients, cancel tokens, servers and errors may be shared between threads; a call is for one at a time.
 */

#ifndef BANKCHANNEL_H
#define BANKCHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * A text that ends with NUL, a literal or a variable, as the two arguments that functions take for one: where it is and
 * how many bytes it has. The argument is evaluated twice. It must not be NULL: no text at all is `NULL, 0`.
 */
#define BANKCHANNEL_TEXT(text) (text), strlen(text)

/**
 * The version of the contract that this header describes. A library whose `bankchannel_abi_version` is the same or
 * larger implements it.
 */
#define BANKCHANNEL_ABI_VERSION 1

/**
 * The result of a function, which determines the caller's next step. The details of a failure are in the error object.
 */
enum BankchannelStatus
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Done. For a call: it succeeded, and its response was returned.
     */
    BANKCHANNEL_STATUS_OK = 0,
    /**
     * It failed; the error object tells the party at fault and the remedy. A call has ended.
     */
    BANKCHANNEL_STATUS_ERROR = 1,
    /**
     * The arguments are invalid (NULL, not UTF-8, a reply that does not match, a handle in use by another thread):
     * nothing was done, and every handle is unchanged. The error object names the argument.
     */
    BANKCHANNEL_STATUS_MISUSE = 2,
    /**
     * The call asks a question, for example for a one-time code. The question was returned as JSON `{"kind": …,
     * "text": …, "choices": […]}`, with `secret` if the person needs one to answer, and with `signature` if a
     * signature is requested; continue with `BANKCHANNEL_REPLY_ANSWER`.
     */
    BANKCHANNEL_STATUS_ASK = 3,
    /**
     * The call needs the next piece of the content to send; continue with `BANKCHANNEL_REPLY_PIECE` or
     * `BANKCHANNEL_REPLY_END`.
     */
    BANKCHANNEL_STATUS_WANT_PIECE = 4,
    /**
     * The call returned a piece of the received content; continue with `BANKCHANNEL_REPLY_GO`. The pieces are valid
     * only if the call succeeds.
     */
    BANKCHANNEL_STATUS_PIECE = 5,
    /**
     * The call reports its progress, as requested in its options: JSON `{"text": …, "bytes": …}`, with `total` if it
     * is known; continue with `BANKCHANNEL_REPLY_GO`. `text` is the current step, for a person, or empty; `bytes` are
     * the bytes of the current message's body that have been sent or received, reported at most ten times a second. A
     * slow caller gets the newest.
     */
    BANKCHANNEL_STATUS_PROGRESS = 6,
    /**
     * The call reports a request that begins, or its answer, as requested in its options: JSON `{"request": {"method",
     * "target", "attempt"}}`, with `answer` (`{"method", "status", "headers", "duration_s"}`, and `request_id` if there is
     * one) once it is there; continue with `BANKCHANNEL_REPLY_GO`.
     */
    BANKCHANNEL_STATUS_EXCHANGE = 7,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum BankchannelStatus BankchannelStatus;
#else
typedef uint32_t BankchannelStatus;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The party at fault for an error. Later versions may have more: treat an unknown number as `INTERNAL`.
 */
enum BankchannelCategory
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * There is no error.
     */
    BANKCHANNEL_CATEGORY_NONE = 0,
    /**
     * The caller's input cannot be used; the error names the field and what to change.
     */
    BANKCHANNEL_CATEGORY_INVALID_INPUT = 1,
    /**
     * The client, server or environment is set up wrongly; the error says what to set.
     */
    BANKCHANNEL_CATEGORY_CONFIGURATION = 2,
    /**
     * The connection failed; see the outcome before sending anything again.
     */
    BANKCHANNEL_CATEGORY_TRANSPORT = 3,
    /**
     * The deadline passed; see the outcome before sending anything again.
     */
    BANKCHANNEL_CATEGORY_TIMED_OUT = 4,
    /**
     * The caller cancelled; see the outcome before sending anything again.
     */
    BANKCHANNEL_CATEGORY_CANCELLED = 5,
    /**
     * Not logged in, or the password, code or token was refused.
     */
    BANKCHANNEL_CATEGORY_AUTHENTICATION = 6,
    /**
     * Logged in, but this account, mode or key may not do it.
     */
    BANKCHANNEL_CATEGORY_PERMISSION = 7,
    /**
     * A signature or decryption failed, or the key cannot be used for it.
     */
    BANKCHANNEL_CATEGORY_SIGNATURE = 8,
    /**
     * The peer's answer violates the protocol.
     */
    BANKCHANNEL_CATEGORY_PEER_PROTOCOL = 9,
    /**
     * The peer understood the request and did not do it: the outcome is always `refused`. Its code and text are
     * attached.
     */
    BANKCHANNEL_CATEGORY_PEER_REFUSED = 10,
    /**
     * Too many calls or tries; wait as long as the error says.
     */
    BANKCHANNEL_CATEGORY_RATE_LIMITED = 11,
    /**
     * This build, bank or service does not offer it.
     */
    BANKCHANNEL_CATEGORY_NOT_SUPPORTED = 12,
    /**
     * It conflicts with existing data or with a concurrent request.
     */
    BANKCHANNEL_CATEGORY_CONFLICT = 13,
    /**
     * A disk, memory or size limit was reached.
     */
    BANKCHANNEL_CATEGORY_RESOURCE_EXHAUSTED = 14,
    /**
     * A defect of bankchannel; please report it.
     */
    BANKCHANNEL_CATEGORY_INTERNAL = 15,
    /**
     * The peer, or a bank or gateway behind it, failed or cannot answer now; see the outcome before sending anything
     * again.
     */
    BANKCHANNEL_CATEGORY_PEER_FAILED = 16,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum BankchannelCategory BankchannelCategory;
#else
typedef uint32_t BankchannelCategory;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The caller's reply to a call.
 */
enum BankchannelReply
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Continue: at the start, and after a piece or progress was returned. Data is ignored.
     */
    BANKCHANNEL_REPLY_GO = 0,
    /**
     * The answer to a question, as UTF-8 text.
     */
    BANKCHANNEL_REPLY_ANSWER = 1,
    /**
     * The next piece of content, of any size except 0; it is copied before the function returns.
     */
    BANKCHANNEL_REPLY_PIECE = 2,
    /**
     * There is no more content. Data is ignored.
     */
    BANKCHANNEL_REPLY_END = 3,
    /**
     * The caller cannot fulfil the request: the call ends with an error that contains the text given as data.
     */
    BANKCHANNEL_REPLY_FAIL = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum BankchannelReply BankchannelReply;
#else
typedef uint32_t BankchannelReply;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The location of content, or its destination.
 */
enum BankchannelContent
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * A request: none. A response: into memory, returned with the response; at most 64 MiB.
     */
    BANKCHANNEL_CONTENT_DEFAULT = 0,
    /**
     * A request: these bytes, copied before the function returns. Not for a response.
     */
    BANKCHANNEL_CONTENT_BYTES = 1,
    /**
     * The file with this path: bytes, as the operating system has them; UTF-8 on Windows. For a response it must not
     * exist, and appears only when it is complete.
     */
    BANKCHANNEL_CONTENT_PATH = 2,
    /**
     * A response: the file with this path, replaced if it exists. Not for a request.
     */
    BANKCHANNEL_CONTENT_REPLACE = 3,
    /**
     * Piece by piece through `bankchannel_call_resume`. Not with `bankchannel_call` and `bankchannel_local`.
     */
    BANKCHANNEL_CONTENT_PIECES = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum BankchannelContent BankchannelContent;
#else
typedef uint32_t BankchannelContent;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A running call. One thread at a time may use it, not always the same.
 */
typedef struct BankchannelCall BankchannelCall;

/**
 * Stops the calls that were started with it. Any number of threads may use it at once, and any number of calls share
 * it. It belongs to the process that made it: in the child of a fork every function except `bankchannel_cancel_free`
 * fails with `configuration.forked`.
 */
typedef struct BankchannelCancel BankchannelCancel;

/**
 * A client: settings, the current session, connections. Any number of threads may call through it at once. After a
 * fork, the child may continue to use it with its own connections.
 */
typedef struct BankchannelClient BankchannelClient;

/**
 * An error with all its details. It never changes: any number of threads may read it.
 */
typedef struct BankchannelError BankchannelError;

/**
 * Keeps the memory of a `BankchannelBytes` alive.
 */
typedef struct BankchannelOwner BankchannelOwner;

/**
 * A running counterpart. Any number of threads may use it at once. It belongs to the process that started it: in the
 * child of a fork every function except `bankchannel_server_free` fails with `configuration.forked`.
 */
typedef struct BankchannelServer BankchannelServer;

/**
 * Bytes that belong to the caller: UTF-8 text (JSON) or a file's content, not terminated by NUL. Free them with
 * `bankchannel_bytes_free`. No bytes at all are all zero; empty content has `size` 0 and a `data` that is not NULL.
 */
typedef struct {
    /**
     * The bytes; read-only.
     */
    const char *data;
    /**
     * The number of bytes.
     */
    size_t size;
    /**
     * Keeps them alive; for the library only.
     */
    BankchannelOwner *owner;
} BankchannelBytes;

/**
 * The options of a call. Fill them with `bankchannel_call_options_init`, then set the members that differ. Later
 * versions have more members at the end; `size` tells which of them a program knows.
 */
typedef struct {
    /**
     * `sizeof(BankchannelCallOptions)`.
     */
    size_t size;
    /**
     * The timeout in milliseconds: −1 for the operation's own limit, 0 for one that has already expired.
     */
    int64_t timeout_ms;
    /**
     * Stops the call; may be NULL.
     */
    const BankchannelCancel *cancel;
    /**
     * The kind of `content`, for the request: one of `BankchannelContent`.
     */
    uint32_t content_kind;
    /**
     * The destination of the response's content: one of `BankchannelContent`.
     */
    uint32_t destination_kind;
    /**
     * The bytes, or the path; needed during `bankchannel_call_begin` only.
     */
    const char *content;
    /**
     * The size of `content` in bytes.
     */
    size_t content_size;
    /**
     * The path; needed during `bankchannel_call_begin` only.
     */
    const char *destination;
    /**
     * The size of `destination` in bytes.
     */
    size_t destination_size;
    /**
     * 1 keeps log records of the call for `bankchannel_call_log`, 0 keeps none.
     */
    uint32_t log;
    /**
     * 1 makes `bankchannel_call_resume` also report the progress (`BANKCHANNEL_STATUS_PROGRESS`), 0 does not. Only for
     * resumed calls.
     */
    uint32_t progress;
    /**
     * An id for the call, sent as `X-Request-ID` with its exchanges: 1 to 100 characters, each an ASCII letter, a
     * digit or one of `-._~:`; for NextGenPSD2 a UUID in lower case. NULL for none. Needed during
     * `bankchannel_call_begin` only.
     */
    const char *request_id;
    /**
     * The size of `request_id` in bytes.
     */
    size_t request_id_size;
    /**
     * The maximum number of repetitions of each exchange, 0 to 10; −1 for the client's setting.
     */
    int32_t retries;
    /**
     * 1 makes the response an object `{"response": …, "exchanges": […]}`: `exchanges` has `method`, `status`, `headers`,
     * `request_id` and `duration_s` of each answer to an exchange of the call. 0 gives the response itself.
     */
    uint32_t with_response;
    /**
     * 1 makes `bankchannel_call_resume` also report each request and each answer (`BANKCHANNEL_STATUS_EXCHANGE`), 0 does
     * not. Only for resumed calls.
     */
    uint32_t hooks;
    /**
     * Not used; 0.
     */
    uint32_t reserved;
    /**
     * The trace that the call belongs to, as `traceparent` of W3C Trace Context; it goes along if the setting
     * `send_traceparent` allows it. NULL for none. Needed during `bankchannel_call_begin` only.
     */
    const char *traceparent;
    /**
     * The size of `traceparent` in bytes.
     */
    size_t traceparent_size;
} BankchannelCallOptions;

/**
 * The answer of `bankchannel_compute`. Before the first call set `buffer` and `buffer_size`, and the rest to zero.
 */
typedef struct {
    /**
     * The caller's memory for a response. May be NULL if `buffer_size` is 0.
     */
    char *buffer;
    /**
     * The size of `buffer` in bytes.
     */
    size_t buffer_size;
    /**
     * A response that does not fit, to be freed with `bankchannel_bytes_free`; otherwise all zero.
     */
    BankchannelBytes json;
    /**
     * The error, if there is no response, to be freed with `bankchannel_error_free`; otherwise NULL.
     */
    BankchannelError *error;
} BankchannelAnswer;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the contract that the library implements; compare it with `BANKCHANNEL_ABI_VERSION` before anything
 * else.
 */
uint32_t bankchannel_abi_version(void);

/**
 * The library's version, such as `0.1.0`. Valid for ever.
 */
const char *bankchannel_version(void);

/**
 * All operations, as a JSON array: name, kind, documentation, schemas of request and response, error codes.
 */
BankchannelStatus bankchannel_catalogue(BankchannelBytes *json, BankchannelError **error);

/**
 * Frees bytes returned by the library, and sets the struct to all zero, so that freeing it again is harmless. NULL is
 * allowed.
 */
void bankchannel_bytes_free(BankchannelBytes *bytes);

/**
 * The stable code, such as `transport.connect_failed`. Valid as long as the error; NULL for NULL.
 */
const char *bankchannel_error_code(const BankchannelError *error);

/**
 * The party at fault; `BANKCHANNEL_CATEGORY_NONE` for NULL.
 */
BankchannelCategory bankchannel_error_category(const BankchannelError *error);

/**
 * What happened and what to do, for a person. Valid as long as the error; NULL for NULL.
 */
const char *bankchannel_error_message(const BankchannelError *error);

/**
 * The whole error as JSON: `code`, `category`, `message`, `retryable`, `operation`, `http_status`, `outcome`,
 * `retry_after_s`, `peer`, `context`. Valid as long as the error; NULL for NULL.
 */
const char *bankchannel_error_json(const BankchannelError *error);

/**
 * Frees an error. NULL is allowed.
 */
void bankchannel_error_free(BankchannelError *error);

/**
 * Makes a token that stops calls.
 */
BankchannelStatus bankchannel_cancel_new(BankchannelCancel **cancel, BankchannelError **error);

/**
 * Stops every call that was started with the token, now and later: each ends with the error `cancelled`, whose outcome
 * tells whether the peer may already have acted.
 */
BankchannelStatus bankchannel_cancel_now(const BankchannelCancel *cancel,
                                         BankchannelError **error);

/**
 * Frees a token. Calls that were started with it continue. NULL is allowed.
 */
void bankchannel_cancel_free(BankchannelCancel *cancel);

/**
 * Fills options with the defaults: the operation's own time limit, no content, a response's content into memory.
 * `size` is `sizeof(BankchannelCallOptions)`; the library fills no more than that.
 */
BankchannelStatus bankchannel_call_options_init(BankchannelCallOptions *options,
                                                size_t size,
                                                BankchannelError **error);

/**
 * Makes a client from its settings, a JSON object (`docs/reference`). The member `"protocol"` names the protocol:
 * `"ws-channel"` (the default), `"sepa-web-services"`, `"nextgen-psd2"`, `"salt-edge-connector"` or `"salt-edge-hub"`.
 * Nothing is sent, and no
 * thread is started.
 *
 * With the member `"from_env": true` omitted settings are taken from the protocol's variables of the environment, such as
 * `ISECURE_BASE_URL` (`docs/reference`, settings); `{"NAME": "text"}` gives variables instead of the environment.
 */
BankchannelStatus bankchannel_client_new(const char *settings,
                                         size_t settings_size,
                                         BankchannelClient **client,
                                         BankchannelError **error);

/**
 * Frees a client. Calls that were started with it run to their end. NULL is allowed.
 */
void bankchannel_client_free(BankchannelClient *client);

/**
 * Runs an operation by its name (`ws_channel.list_files`) in one step: request and response are JSON. The response's
 * content, if received in memory, goes to `content`; otherwise that becomes all zero. `content` may be NULL if the
 * operation's response has no content, or if it goes to a file. A call that asks a question fails, and one whose
 * options request log records or progress is refused: use `bankchannel_call_begin` instead.
 */
BankchannelStatus bankchannel_call(const BankchannelClient *client,
                                   const char *name,
                                   size_t name_size,
                                   const char *request,
                                   size_t request_size,
                                   const BankchannelCallOptions *options,
                                   BankchannelBytes *json,
                                   BankchannelBytes *content,
                                   BankchannelError **error);

/**
 * Runs an operation that only computes, without a client: no network, no other thread, no time limit and no log,
 * whatever the options say about these. It returns no content: `content` may be NULL.
 */
BankchannelStatus bankchannel_local(const char *name,
                                    size_t name_size,
                                    const char *request,
                                    size_t request_size,
                                    const BankchannelCallOptions *options,
                                    BankchannelBytes *json,
                                    BankchannelBytes *content,
                                    BankchannelError **error);

/**
 * Starts a call that `bankchannel_call_resume` continues. Only invalid arguments fail here: the first resume reports
 * problems of the request itself.
 */
BankchannelStatus bankchannel_call_begin(const BankchannelClient *client,
                                         const char *name,
                                         size_t name_size,
                                         const char *request,
                                         size_t request_size,
                                         const BankchannelCallOptions *options,
                                         BankchannelCall **call,
                                         BankchannelError **error);

/**
 * Continues with a reply (one of `BankchannelReply`; the first is `BANKCHANNEL_REPLY_GO`) and waits for the next
 * event.
 *
 * `OK`: the response is in `json`, its content, if received in memory, in `content`; the call has ended.
 * `ASK`: the question is in `json`. `WANT_PIECE`: nothing is in either. `PIECE`: it is in `content`.
 * `PROGRESS`: the progress of the call is in `json`.
 * `ERROR`: the call has ended. `MISUSE`: nothing happened.
 * An unused output becomes all zero, except after `ERROR` and `MISUSE`, which write nothing. `content` may be NULL
 * if it may be NULL for `bankchannel_call`.
 */
BankchannelStatus bankchannel_call_resume(BankchannelCall *call,
                                          uint32_t reply,
                                          const char *data,
                                          size_t data_size,
                                          BankchannelBytes *json,
                                          BankchannelBytes *content,
                                          BankchannelError **error);

/**
 * Frees a call; if it still runs, it is cancelled. NULL is allowed.
 */
void bankchannel_call_free(BankchannelCall *call);

/**
 * Runs an operation that only computes, as `bankchannel_local` does, for programs that do so very often. The settings of
 * `client`, which may be NULL, supply the fields that the request omits. A response shorter than `buffer_size` is a text
 * in the `buffer` of `answer`, which is returned, and ends with NUL. Otherwise NULL is returned: a longer response is in
 * `json` of `answer`, an error in `error`. NULL as `answer` gives NULL.
 */
const char *bankchannel_compute(const BankchannelClient *client,
                                const char *name,
                                size_t name_size,
                                const char *request,
                                size_t request_size,
                                BankchannelAnswer *answer);

/**
 * Takes the call's log records since the last call of this function, oldest first, as a JSON array `[{"level":
 * "debug", "text": …, "fields": {…}}]`. `debug` is an exchange, without its secrets and contents; `info` a step of a flow; `warning`
 * something to check. Records are kept if the options have `log = 1`, at most 1000 of them (the oldest are dropped):
 * `fields` has the facts in
 * the text: `http_method`, `http_status`, `duration_ms`, `code`, `outcome`, `peer_code`, `request_id` (the peer's),
 * `x_request_id` (the caller's), `question`, `attempt`, `attempts`, `delay_ms`, each where it applies. Take records after every resume, and after the end. Otherwise, and in the child of a fork, the array is empty.
 */
BankchannelStatus bankchannel_call_log(BankchannelCall *call,
                                       BankchannelBytes *json,
                                       BankchannelError **error);

/**
 * Starts a server. `kind` is `ws-channel`, `sepa-bank`, `nextgen-psd2-bank`, `salt-edge-hub` or `salt-edge-connector`.
 * `options` is a
 * JSON object (`docs/reference`); without options the server takes a free port on loopback and a temporary data folder.
 */
BankchannelStatus bankchannel_server_start(const char *kind,
                                           size_t kind_size,
                                           const char *options,
                                           size_t options_size,
                                           BankchannelServer **server,
                                           BankchannelError **error);

/**
 * The addresses and files that a client needs, as JSON: `kind`, `base_url`, `control_url`, and by kind:
 *
 * - `ws-channel`: `public_key_file`;
 * - `sepa-bank`: `ca_file`, `families`, and in `clients` for each bank all settings of a client of it;
 * - `nextgen-psd2-bank`: `bg_base_url`, `ca_file`, `certificate_file`, `private_key_file`, `client_certificate_file`,
 *   `client_key_file`, `certificates_dir`, `requests_url`;
 * - `salt-edge-hub`: `hub_public_key_file`, `app_id`, `app_secret_file`, `provider_code`, `private_key_file`,
 *   `requests_url`;
 * - `salt-edge-connector`: `public_key_file`, `provider_code`, `bank_interface_url`, `bank_secret_file`.
 */
BankchannelStatus bankchannel_server_info(const BankchannelServer *server,
                                          BankchannelBytes *json,
                                          BankchannelError **error);

/**
 * Runs an order of the control interface, and returns its answer as JSON. `seed` adds data; every other order
 * (`reset`, `clock`, `fail_next`, `limits`, `outbox`, `transcript`, …) needs a server that was started with `control`. The names
 * of all orders are `BANKCHANNEL_ORDER_…` in `bankchannel_operations.h`.
 * The server's page in `docs/` describes the requests and answers of the orders. `request` is a JSON object; without
 * one, `{}`.
 */
BankchannelStatus bankchannel_server_control(const BankchannelServer *server,
                                             const char *order,
                                             size_t order_size,
                                             const char *request,
                                             size_t request_size,
                                             BankchannelBytes *json,
                                             BankchannelError **error);

/**
 * Stops it; requests in flight get some time to finish. The handle still has to be freed.
 */
BankchannelStatus bankchannel_server_stop(BankchannelServer *server, BankchannelError **error);

/**
 * Frees a server; if it still runs, it is stopped. NULL is allowed.
 */
void bankchannel_server_free(BankchannelServer *server);

/**
 * Runs the command `bankchannel` to its end, as the program of that name does. `arguments` are those of `main`: the first one
 * names the program, each ends with NUL and is bytes, as the operating system has them, on Windows UTF-8. `exit_code` gets what
 * the process should end with: end it then, since a process runs the command once, and another time is `MISUSE`. The command
 * reads and writes the standard streams of the process (closed ones become the null device, reads and writes wait), ignores
 * SIGPIPE, takes the program's handlers of SIGINT, SIGTERM, SIGHUP and SIGQUIT away, and ends the process itself after a second
 * Ctrl-C, one at a prompt, or output that cannot be written.
 */
BankchannelStatus bankchannel_command(const char *const *arguments,
                                      size_t count,
                                      int32_t *exit_code,
                                      BankchannelError **error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* BANKCHANNEL_H */
