/*
 * A bank's connector to Salt Edge: Salt Edge's requests, the bank's answers (bank.h), the bank's page for the customer.
 *
 *   cc -std=c11 salt_edge.c $(pkg-config --cflags --libs bankchannel) -lpthread -o salt_edge
 *   bankchannel check salt-edge-connector --init check.json > settings.json
 *   SETTINGS=settings.json STORE=store CODES=connector/outbox.jsonl PORT=8080 ./salt_edge
 *   bankchannel check salt-edge-connector http://127.0.0.1:8080 --settings check.json
 *
 * SETTINGS are the settings of a connector as JSON, as printed by `check --init` and the embedded hub. STORE is the
 * folder shared by all processes, or PostgreSQL's address. One-time codes are appended to CODES. PUBLIC_URL is this
 * program's address for browsers; by default, the address that the program prints. SIGTERM ends it, after finishing its
 * current work.
 */

#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bankchannel.h>
#include <bankchannel_operations.h>

#include "bank.h"
#include "http.h"

enum {
    SERVERS = 16,             /* Threads, each with one connection at a time. Further connections wait. */
    LONGEST_PAUSE_MS = 10000, /* Another process may have left something in the store. */
    PAUSE_AFTER_FAILURE_MS = 2000,
};

static BankchannelClient *connector;
static Bank bank = {.lock = PTHREAD_MUTEX_INITIALIZER};
static int listener;

static pthread_mutex_t worker_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t worker_woken = PTHREAD_COND_INITIALIZER;
static bool has_work, is_stopping;

static void log_error(const char *where, const BankchannelError *error) {
    fprintf(stderr, "%s: %s: %s\n", where, bankchannel_error_code(error), bankchannel_error_message(error));
}

/* Lets the bank answer a question, which is freed. The answer replaces the last one. */
static BankchannelReply ask_bank(BankchannelBytes *question, char **answer, size_t *size) {
    Text asked = {question->data, question->size};
    free(*answer);
    FILE *out = text_open(answer, size);
    bool has_answer = bank_answer(&bank, asked, out);
    if (!has_answer) {
        fputs("the bank has failed", out);
        fprintf(stderr, "%.*s: the bank has failed\n", TEXT(json_string(asked, "kind")));
    }
    fclose(out);
    bankchannel_bytes_free(question);
    return has_answer ? BANKCHANNEL_REPLY_ANSWER : BANKCHANNEL_REPLY_FAIL;
}

/* Runs an operation. The response is in `bytes`, which the caller frees. A failure is logged and returns NOTHING. */
static Text carry_out(const char *name, const char *request, BankchannelBytes *bytes) {
    BankchannelCall *call = NULL;
    BankchannelError *error = NULL;
    BankchannelBytes content = {NULL, 0, NULL};
    BankchannelReply reply = BANKCHANNEL_REPLY_GO;
    char *answer = NULL;
    size_t size = 0;
    *bytes = content;
    BankchannelStatus status =
        bankchannel_call_begin(connector, BANKCHANNEL_TEXT(name), BANKCHANNEL_TEXT(request), NULL, &call, &error);
    if (status == BANKCHANNEL_STATUS_OK) {
        while (bankchannel_call_resume(call, reply, answer, size, bytes, &content, &error) == BANKCHANNEL_STATUS_ASK) {
            reply = ask_bank(bytes, &answer, &size);
        }
    }
    if (error != NULL) log_error(name, error);
    free(answer);
    bankchannel_call_free(call);
    bankchannel_error_free(error);
    return (Text){bytes->data, bytes->size};
}

/* --- Next to the server: the work after the answers --- */

static void wake_worker(bool is_end) {
    pthread_mutex_lock(&worker_lock);
    has_work = true;
    is_stopping |= is_end;
    pthread_cond_signal(&worker_woken);
    pthread_mutex_unlock(&worker_lock);
}

/* The time until an instant such as 2026-11-20T09:30:00.250Z. */
static long long until_ms(Text instant, struct timespec now) {
    char text[32];
    int year, month, day, hour, minute;
    double second;
    snprintf(text, sizeof text, "%.*s", TEXT(instant));
    if (sscanf(text, "%d-%d-%dT%d:%d:%lf", &year, &month, &day, &hour, &minute, &second) != 6) return LONGEST_PAUSE_MS;
    /* Days since 1970. Years start in March here, so that a leap day is the last one. */
    if (month < 3) year--, month += 12;
    long long days = year * 365LL + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day - 719469;
    long long left_s = ((days * 24 + hour) * 60 + minute) * 60 - now.tv_sec;
    return left_s * 1000 + (long long)(second * 1000) - now.tv_nsec / 1000000;
}

/* Does all work that is due, and returns when to check again. */
static struct timespec work_once(void) {
    BankchannelBytes bytes;
    Text worked = carry_out(BANKCHANNEL_OP_SALT_EDGE_CONNECTOR_WORK, "{}", &bytes);
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    long long pause_ms = worked.size == 0 ? PAUSE_AFTER_FAILURE_MS : until_ms(json_string(worked, "next_due_at"), at);
    bankchannel_bytes_free(&bytes);
    if (pause_ms < 10) pause_ms = 10;
    if (pause_ms > LONGEST_PAUSE_MS) pause_ms = LONGEST_PAUSE_MS;
    pause_ms += at.tv_nsec / 1000000;
    at.tv_sec += pause_ms / 1000;
    at.tv_nsec = pause_ms % 1000 * 1000000;
    return at;
}

static void *work(void *unused) {
    pthread_mutex_lock(&worker_lock);
    while (!is_stopping) {
        has_work = false;
        pthread_mutex_unlock(&worker_lock);
        struct timespec next = work_once();
        pthread_mutex_lock(&worker_lock);
        while (!has_work && pthread_cond_timedwait(&worker_woken, &worker_lock, &next) == 0) continue;
    }
    pthread_mutex_unlock(&worker_lock);
    return unused;
}

/* --- Salt Edge's requests --- */

/* The request as JSON for `handle_request`. The caller frees it. */
static char *as_json(const HttpRequest *request) {
    char *json, *part = json_text("{\"method\":%s,\"target\":%s,\"headers\":[", request->method, request->target);
    size_t size;
    FILE *out = text_open(&json, &size);
    fputs(part, out);
    free(part);
    for (size_t at = 0; at < request->field_count; at++) {
        part = json_text("{\"name\":%s,\"value\":%s}", request->fields[at].name, request->fields[at].value);
        fprintf(out, "%s%s", at == 0 ? "" : ",", part);
        free(part);
    }
    fputs("]}", out);
    fclose(out);
    return json;
}

static void answer_salt_edge(const HttpRequest *request) {
    BankchannelBytes bytes;
    char *asked = as_json(request), *fields, *body;
    Text handled = carry_out(BANKCHANNEL_OP_SALT_EDGE_CONNECTOR_HANDLE_REQUEST, asked, &bytes);
    Text answer = json_member(handled, "answer"), list = json_member(answer, "headers");
    size_t size;
    FILE *out = text_open(&fields, &size);
    for (Text item = json_after(list, NOTHING); item.size > 0; item = json_after(list, item)) {
        char *name = json_copy(json_member(item, "name")), *value = json_copy(json_member(item, "value"));
        http_field(out, name, value);
        free(name);
        free(value);
    }
    if (answer.size == 0) http_field(out, "Retry-After", "5");
    fclose(out);
    body = answer.size == 0 ? json_text("{\"error_class\":%s,\"error_message\":%s}", "InternalServerError", "later")
                            : json_copy(json_member(answer, "body"));
    http_send(request, answer.size == 0 ? 503 : atoi(json_member(answer, "status").from), fields, body);
    if (text_is(json_member(handled, "has_work"), "true")) wake_worker(false);
    bankchannel_bytes_free(&bytes);
    free(asked);
    free(fields);
    free(body);
}

/* --- The bank's page --- */

static void write_html(FILE *out, Text string) {
    char *text = json_copy(string);
    for (char *at = text; *at != '\0'; at++) fprintf(out, strchr("&<>\"'", *at) == NULL ? "%c" : "&#%d;", *at);
    free(text);
}

/* Other sites must not frame the page, or learn its address, which names the session. A session adds the form. */
static void show(const HttpRequest *request, int status, const char *said, Text session, const char *redirect_url) {
    char *fields, *body;
    size_t size;
    FILE *out = text_open(&fields, &size);
    http_field(out, "Content-Type", "text/html; charset=utf-8");
    http_field(out, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    http_field(out, "Referrer-Policy", "no-referrer");
    http_field(out, "Cache-Control", "no-store");
    if (redirect_url != NULL) http_field(out, "Location", redirect_url);
    fclose(out);
    out = text_open(&body, &size);
    fprintf(out, "<!doctype html><title>Your bank</title><p role=\"alert\">%s</p>", said);
    if (session.size > 0) {
        Text scopes = json_member(session, "scopes");
        fputs("<p>", out);
        write_html(out, json_member(session, "app_name"));
        fputs(" asks for:", out);
        for (Text scope = json_after(scopes, NOTHING); scope.size > 0; scope = json_after(scopes, scope)) {
            fputc(' ', out);
            write_html(out, scope);
        }
        fprintf(out, ", for %.*s days.</p><form method=\"post\">"
                     "<label>Login <input name=\"login\" autocomplete=\"username\"></label>"
                     "<label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\"></label>"
                     "<button name=\"answer\" value=\"approve\">Allow</button> "
                     "<button name=\"answer\" value=\"deny\">Refuse</button></form>",
                TEXT(json_member(session, "consent_period_days")));
    }
    fclose(out);
    http_send(request, status, fields, body);
    free(fields);
    free(body);
}

static void show_failure(const HttpRequest *request) {
    show(request, 503, "This did not work. Try again, or begin again in the app that sent you here.", NOTHING, NULL);
}

/* The customer signs in, and approves or refuses. */
static void decide(const HttpRequest *request, const char *session_id, Text session) {
    char login[128], password[128], given[16];
    const BankCustomer *customer = bank_signed_in(http_form_field(request->body, "login", login, sizeof login),
                                                  http_form_field(request->body, "password", password, sizeof password));
    if (customer == NULL) {
        show(request, 403, "Login or password is wrong.", session, NULL);
        return;
    }
    bool is_allowed = text_is(http_form_field(request->body, "answer", given, sizeof given), "approve");
    BankchannelBytes bytes;
    char *asked = is_allowed ? json_text("{\"session_id\":%s,\"user_id\":%s}", session_id, customer->user_id)
                             : json_text("{\"session_id\":%s}", session_id);
    Text end = carry_out(is_allowed ? BANKCHANNEL_OP_SALT_EDGE_CONNECTOR_APPROVE_SESSION
                                    : BANKCHANNEL_OP_SALT_EDGE_CONNECTOR_REFUSE_SESSION, asked, &bytes);
    char *redirect_url = json_copy(json_member(end, "redirect_url"));
    if (end.size == 0) show_failure(request);
    else if (*redirect_url != '\0') show(request, 303, "", NOTHING, redirect_url);
    else show(request, 200, "You may close this page.", NOTHING, NULL);
    wake_worker(false);
    bankchannel_bytes_free(&bytes);
    free(redirect_url);
    free(asked);
}

static void answer_customer(const HttpRequest *request, const char *session_id) {
    BankchannelBytes bytes;
    char *asked = json_text("{\"session_id\":%s}", session_id);
    Text found = carry_out(BANKCHANNEL_OP_SALT_EDGE_CONNECTOR_GET_SESSION, asked, &bytes);
    Text session = json_member(found, "session");
    if (found.size == 0) {
        show_failure(request);
    } else if (!text_is(json_member(session, "is_open"), "true")) {
        show(request, 404, "This is over, or never was: begin again in the app that sent you here.", NOTHING, NULL);
    } else if (strcmp(request->method, "POST") == 0) {
        decide(request, session_id, session);
    } else {
        show(request, 200, "", session, NULL);
    }
    bankchannel_bytes_free(&bytes);
    free(asked);
}

/* --- The server --- */

static void answer(HttpRequest *request, int connection) {
    int refused = http_read(request, connection);
    if (refused != 0) http_send(request, refused, "", "");
    else if (strncmp(request->target, "/approve/", 9) == 0) answer_customer(request, request->target + 9);
    else answer_salt_edge(request);
    http_close(connection, refused == 0);
}

static void *serve(void *unused) {
    HttpRequest *request = json_memory(sizeof *request);
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection >= 0) answer(request, connection);
        else if (errno == EINVAL) break; /* `main` has shut the listener. */
        else nanosleep(&(struct timespec){0, 100000000}, NULL); /* Such as where too many files are open. */
    }
    free(request);
    return unused;
}

/* Listens on this machine, on any free port if the given one is 0. Returns the port; 0 on failure. */
static int listen_on(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 64) != 0) return 0;
    return getsockname(listener, (struct sockaddr *)&address, &size) == 0 ? ntohs(address.sin_port) : 0;
}

/* A connector with the settings in this file, and the store. NULL on failure. */
static BankchannelClient *make_connector(const char *path, const char *store) {
    char *text = NULL, *settings;
    size_t size = 0;
    FILE *file = fopen(path, "r");
    bool is_read = file != NULL && getdelim(&text, &size, '\0', file) > 0 && *text == '{';
    if (file != NULL) fclose(file);
    if (!is_read) {
        fprintf(stderr, "%s: not a file with a JSON object\n", path);
        free(text);
        return NULL;
    }
    char *added = json_text("{\"protocol\":\"salt-edge-connector\",\"store\":%s,", store);
    FILE *out = text_open(&settings, &size);
    fprintf(out, "%s%s", added, text + 1);
    fclose(out);
    BankchannelClient *made = NULL;
    BankchannelError *error = NULL;
    if (bankchannel_client_new(settings, size, &made, &error) != BANKCHANNEL_STATUS_OK) log_error(path, error);
    bankchannel_error_free(error);
    free(settings);
    free(added);
    free(text);
    return made;
}

int main(void) {
    const char *settings = getenv("SETTINGS"), *store = getenv("STORE"), *wanted = getenv("PORT");
    bank.codes_path = getenv("CODES");
    bank.public_url = getenv("PUBLIC_URL");
    if (settings == NULL || store == NULL || bank.codes_path == NULL) {
        fputs("SETTINGS, STORE or CODES is not set: see the first lines of salt_edge.c\n", stderr);
        return 2;
    }
    if (bankchannel_abi_version() < BANKCHANNEL_ABI_VERSION) {
        fprintf(stderr, "libbankchannel %s is older than this program\n", bankchannel_version());
        return 2;
    }
    connector = make_connector(settings, store);
    if (connector == NULL) return 2;
    int port = listen_on(wanted == NULL ? 8080 : atoi(wanted));
    if (port == 0) {
        perror("listen");
        return 2;
    }
    char address[64];
    snprintf(address, sizeof address, "http://127.0.0.1:%d", port);
    if (bank.public_url == NULL) bank.public_url = address;

    /* Blocked in every thread: only this one receives them. */
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    pthread_t worker, servers[SERVERS];
    if (pthread_create(&worker, NULL, work, NULL) != 0) return 2;
    for (int at = 0; at < SERVERS; at++) {
        if (pthread_create(&servers[at], NULL, serve, NULL) != 0) return 2;
    }
    puts(address);
    fflush(stdout);

    int end;
    sigwait(&ends, &end);
    shutdown(listener, SHUT_RDWR);
    for (int at = 0; at < SERVERS; at++) pthread_join(servers[at], NULL);
    wake_worker(true);
    pthread_join(worker, NULL);
    close(listener);
    bankchannel_client_free(connector);
    return 0;
}
