/*
 * Failures on demand, seen from C: panics and errors inside, deadlines, cancellation, threads, fork, exit. Linked with
 * the testing build of the library, which has operations for it. Prints `ok NAME` for each part and ends with 0, or
 * prints the fault and ends with 1.
 *
 *   faults            all parts
 *   faults exit       returns from main, with exit code 7, while a thread waits in a call
 */

#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bankchannel.h>

#include "json.h"

#define OK BANKCHANNEL_STATUS_OK
#define ERROR BANKCHANNEL_STATUS_ERROR
#define MISUSE BANKCHANNEL_STATUS_MISUSE
#define SETTINGS "{\"protocol\":\"toy\"}"
#define EXPECT(what) do { if (!(what)) broken(__LINE__, #what); } while (0)

static BankchannelClient *client = NULL;

static void broken(int line, const char *what) {
    fprintf(stderr, "faults.c:%d: not so: %s\n", line, what);
    exit(1);
}

static void pause_ms(long ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static double now_s(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The result of a call: status, and the error's code, outcome and the member `planted` of its context, or response. */
typedef struct {
    BankchannelStatus status;
    char *code, *outcome, *planted, *text, *field;
} Ended;

static Ended read_ended(BankchannelStatus status, BankchannelBytes *json, BankchannelBytes *content, BankchannelError *error) {
    Ended ended = {0, NULL, NULL, NULL, NULL, NULL};
    ended.status = status;
    if (status == ERROR || status == MISUSE) {
        const char *whole;
        EXPECT(error != NULL && json->owner == NULL && content->owner == NULL);
        whole = bankchannel_error_json(error);
        ended.code = json_get(BANKCHANNEL_TEXT(whole), "code");
        ended.outcome = json_get(BANKCHANNEL_TEXT(whole), "outcome");
        ended.planted = json_get(BANKCHANNEL_TEXT(whole), "planted");
        ended.field = json_get(BANKCHANNEL_TEXT(whole), "field");
        EXPECT(ended.code != NULL && strcmp(ended.code, bankchannel_error_code(error)) == 0);
        EXPECT(strstr(whole, "asked to panic") == NULL);
        bankchannel_error_free(error);
    } else {
        EXPECT(error == NULL);
        if (json->size > 0) ended.text = json_get(json->data, json->size, "text");
        bankchannel_bytes_free(json);
        bankchannel_bytes_free(content);
    }
    return ended;
}

static void forget(Ended *ended) {
    free(ended->code);
    free(ended->outcome);
    free(ended->planted);
    free(ended->text);
    free(ended->field);
}

static Ended local(const char *name, const char *request) {
    BankchannelBytes json = {NULL, 0, NULL}, content = {NULL, 0, NULL};
    BankchannelError *error = NULL;
    BankchannelStatus status = bankchannel_local(BANKCHANNEL_TEXT(name), BANKCHANNEL_TEXT(request), NULL, &json, &content, &error);
    return read_ended(status, &json, &content, error);
}

static Ended one_shot(const char *name, const char *request, const BankchannelCallOptions *options) {
    BankchannelBytes json = {NULL, 0, NULL}, content = {NULL, 0, NULL};
    BankchannelError *error = NULL;
    BankchannelStatus status = bankchannel_call(client, BANKCHANNEL_TEXT(name), BANKCHANNEL_TEXT(request), options, &json, &content, &error);
    return read_ended(status, &json, &content, error);
}

static BankchannelCall *begin(const char *name, const char *request, const BankchannelCallOptions *options) {
    BankchannelCall *call = NULL;
    EXPECT(bankchannel_call_begin(client, BANKCHANNEL_TEXT(name), BANKCHANNEL_TEXT(request), options, &call, NULL) == OK);
    return call;
}

static Ended resume(BankchannelCall *call, uint32_t reply, const char *data) {
    BankchannelBytes json = {NULL, 0, NULL}, content = {NULL, 0, NULL};
    BankchannelError *error = NULL;
    BankchannelStatus status = bankchannel_call_resume(call, reply, BANKCHANNEL_TEXT(data), &json, &content, &error);
    return read_ended(status, &json, &content, error);
}

static BankchannelCallOptions with_timeout(int64_t timeout_ms) {
    BankchannelCallOptions options;
    EXPECT(bankchannel_call_options_init(&options, sizeof options, NULL) == OK);
    options.timeout_ms = timeout_ms;
    return options;
}

static int is(const char *text, const char *expected) {
    return text != NULL && strcmp(text, expected) == 0;
}

static void expect_error(Ended ended, const char *code) {
    if (ended.status != ERROR || !is(ended.code, code)) {
        fprintf(stderr, "status %u, code %s, expected %s\n", (unsigned)ended.status, ended.code == NULL ? "none" : ended.code, code);
        exit(1);
    }
    forget(&ended);
}

/* A panic inside; there is no outcome if nothing could have been sent. */
static void expect_defect(Ended ended, const char *outcome) {
    EXPECT(outcome == NULL ? ended.outcome == NULL : is(ended.outcome, outcome));
    expect_error(ended, "internal");
}

static void expect_text(Ended ended, const char *text) {
    if (ended.status != OK || !is(ended.text, text)) {
        fprintf(stderr, "status %u, code %s, text %s, expected %s\n", (unsigned)ended.status, ended.code == NULL ? "none" : ended.code,
                ended.text == NULL ? "none" : ended.text, text);
        exit(1);
    }
    forget(&ended);
}

/* ---- panics and errors ------------------------------------------------------------------------------------------ */

static void panics_become_errors(void) {
    BankchannelCall *call;
    int round;
    for (round = 0; round < 3; round++) {
        expect_defect(local("toy.panic", "{}"), NULL);
        expect_defect(one_shot("toy.panic", "{}", NULL), NULL);
        expect_defect(one_shot("toy.panic_later", "{}", NULL), "unknown");
        call = begin("toy.panic_later", "{}", NULL);
        expect_defect(resume(call, BANKCHANNEL_REPLY_GO, ""), "unknown");
        expect_error(resume(call, BANKCHANNEL_REPLY_GO, ""), "configuration.closed");
        bankchannel_call_free(call);
        /* And the library still works, on the same thread and with the same client. */
        expect_text(local("toy.echo", "{\"text\":\"still here\"}"), "still here");
        expect_text(one_shot("toy.sleep", "{\"ms\":1}", NULL), "slept");
    }
}

static void errors_arrive_whole(void) {
    Ended ended[3];
    int at;
    ended[0] = local("toy.fail", "{\"code\":\"ws_channel.upload_rejected\"}");
    ended[1] = one_shot("toy.fail", "{\"code\":\"ws_channel.upload_rejected\"}", NULL);
    ended[2] = one_shot("toy.fail_later", "{\"code\":\"ws_channel.upload_rejected\"}", NULL);
    for (at = 0; at < 3; at++) {
        EXPECT(ended[at].status == ERROR && is(ended[at].code, "ws_channel.upload_rejected") && is(ended[at].planted, "yes"));
        forget(&ended[at]);
    }
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

static void questions_are_answered_or_refused(void) {
    BankchannelCall *call = begin("toy.ask", "{\"text\":\"Which?\"}", NULL);
    Ended asked = resume(call, BANKCHANNEL_REPLY_GO, "");
    EXPECT(asked.status == BANKCHANNEL_STATUS_ASK);
    forget(&asked);
    /* A reply that does not match changes nothing; neither does an answer that is not UTF-8. */
    asked = resume(call, BANKCHANNEL_REPLY_PIECE, "x");
    EXPECT(asked.status == MISUSE);
    forget(&asked);
    asked = resume(call, BANKCHANNEL_REPLY_ANSWER, "\xc3\x28");
    EXPECT(asked.status == MISUSE && is(asked.field, "data"));
    forget(&asked);
    expect_text(resume(call, BANKCHANNEL_REPLY_ANSWER, "an answer"), "an answer");
    expect_error(resume(call, BANKCHANNEL_REPLY_GO, ""), "configuration.closed");
    bankchannel_call_free(call);

    call = begin("toy.ask", "{\"text\":\"Which?\"}", NULL);
    asked = resume(call, BANKCHANNEL_REPLY_GO, "");
    EXPECT(asked.status == BANKCHANNEL_STATUS_ASK);
    forget(&asked);
    expect_error(resume(call, BANKCHANNEL_REPLY_FAIL, "nobody at the phone"), "cancelled");
    bankchannel_call_free(call);

    /* An abandoned call is freed during its question. */
    call = begin("toy.ask", "{\"text\":\"Which?\"}", NULL);
    asked = resume(call, BANKCHANNEL_REPLY_GO, "");
    forget(&asked);
    bankchannel_call_free(call);
}

/* ---- deadlines and cancellation ------------------------------------------------------------------------------------ */

static void deadlines_end_calls(void) {
    BankchannelCallOptions options = with_timeout(50);
    double begun = now_s();
    expect_error(one_shot("toy.sleep", "{\"ms\":20000}", &options), "timeout.deadline");
    options = with_timeout(0);
    expect_error(one_shot("toy.sleep", "{\"ms\":20000}", &options), "timeout.deadline");
    EXPECT(now_s() - begun < 15);
}

static void *cancel_later(void *token) {
    pause_ms(100);
    EXPECT(bankchannel_cancel_now(token, NULL) == OK);
    return NULL;
}

static void cancellation_before_during_and_after(void) {
    BankchannelCallOptions options = with_timeout(-1);
    BankchannelCancel *token = NULL;
    BankchannelCall *call;
    pthread_t thread;
    Ended ended;
    double begun = now_s();
    int round;

    EXPECT(bankchannel_cancel_new(&token, NULL) == OK);
    options.cancel = token;
    /* During. */
    EXPECT(pthread_create(&thread, NULL, cancel_later, token) == 0);
    expect_error(one_shot("toy.sleep", "{\"ms\":20000}", &options), "cancelled");
    pthread_join(thread, NULL);
    /* Before: the token stays cancelled. */
    expect_error(one_shot("toy.sleep", "{\"ms\":20000}", &options), "cancelled");
    bankchannel_cancel_free(token);

    /* After: an ended call stays as it ended. */
    EXPECT(bankchannel_cancel_new(&token, NULL) == OK);
    options.cancel = token;
    call = begin("toy.sleep", "{\"ms\":1}", &options);
    expect_text(resume(call, BANKCHANNEL_REPLY_GO, ""), "slept");
    EXPECT(bankchannel_cancel_now(token, NULL) == OK && bankchannel_cancel_now(token, NULL) == OK);
    expect_error(resume(call, BANKCHANNEL_REPLY_GO, ""), "configuration.closed");
    bankchannel_call_free(call);
    bankchannel_cancel_free(token);

    /* In the middle of a question, and with the token freed before the call. Often: the answer must not win the race. */
    for (round = 0; round < 500; round++) {
        EXPECT(bankchannel_cancel_new(&token, NULL) == OK);
        options.cancel = token;
        call = begin("toy.ask", "{\"text\":\"Which?\"}", &options);
        ended = resume(call, BANKCHANNEL_REPLY_GO, "");
        EXPECT(ended.status == BANKCHANNEL_STATUS_ASK);
        forget(&ended);
        EXPECT(bankchannel_cancel_now(token, NULL) == OK);
        bankchannel_cancel_free(token);
        expect_error(resume(call, BANKCHANNEL_REPLY_ANSWER, "too late"), "cancelled");
        bankchannel_call_free(call);
    }

    /* Freeing a running call cancels it and does not wait for it. */
    bankchannel_call_free(begin("toy.sleep", "{\"ms\":20000}", NULL));
    EXPECT(now_s() - begun < 15);
}

/* ---- threads --------------------------------------------------------------------------------------------------------- */

static void *wait_for_sleep(void *call) {
    expect_text(resume(call, BANKCHANNEL_REPLY_GO, ""), "slept");
    return NULL;
}

static void *share_client(void *unused) {
    int round;
    (void)unused;
    for (round = 0; round < 20; round++) {
        expect_text(one_shot("toy.sleep", "{\"ms\":2}", NULL), "slept");
        expect_error(one_shot("toy.fail_later", "{\"code\":\"peer.rate_limited\"}", NULL), "peer.rate_limited");
    }
    return NULL;
}

static void threads_share_a_client_and_not_a_call(void) {
    pthread_t threads[8];
    BankchannelBytes json = {NULL, 0, NULL};
    BankchannelCall *call;
    Ended refused;
    int at;
    for (at = 0; at < 8; at++) EXPECT(pthread_create(&threads[at], NULL, share_client, NULL) == 0);
    for (at = 0; at < 8; at++) pthread_join(threads[at], NULL);

    call = begin("toy.sleep", "{\"ms\":600}", NULL);
    EXPECT(pthread_create(&threads[0], NULL, wait_for_sleep, call) == 0);
    pause_ms(200);
    refused = resume(call, BANKCHANNEL_REPLY_GO, "");
    EXPECT(refused.status == MISUSE && is(refused.field, "call"));
    forget(&refused);
    EXPECT(bankchannel_call_log(call, &json, NULL) == MISUSE && json.owner == NULL);
    pthread_join(threads[0], NULL);
    /* Not always the same thread: this one continues. */
    expect_error(resume(call, BANKCHANNEL_REPLY_GO, ""), "configuration.closed");
    bankchannel_call_free(call);
}

static void a_freed_client_leaves_its_calls_alone(void) {
    const char *settings = SETTINGS;
    BankchannelClient *own = NULL, *kept = client;
    BankchannelCall *call;
    EXPECT(bankchannel_client_new(BANKCHANNEL_TEXT(settings), &own, NULL) == OK);
    client = own;
    call = begin("toy.sleep", "{\"ms\":100}", NULL);
    client = kept;
    bankchannel_client_free(own);
    expect_text(resume(call, BANKCHANNEL_REPLY_GO, ""), "slept");
    bankchannel_call_free(call);
}

/* ---- log ---- */

static void records_are_taken_once_and_also_after_the_end(void) {
    const char *settings = "{\"base_url\":\"http://127.0.0.1:9/v2\"}", *request = "{\"email\":\"a@example.test\",\"mode\":\"data\"}";
    BankchannelCallOptions options = with_timeout(-1);
    BankchannelBytes json = {NULL, 0, NULL};
    BankchannelClient *kept = client;
    BankchannelCall *call;
    char *level;
    Ended ended;
    EXPECT(bankchannel_client_new(BANKCHANNEL_TEXT(settings), &client, NULL) == OK);
    options.log = 1;
    call = begin("ws_channel.init_login", request, &options);
    expect_error(resume(call, BANKCHANNEL_REPLY_GO, ""), "transport.connect_failed");
    EXPECT(bankchannel_call_log(call, &json, NULL) == OK && json.size > 2 && json.data[0] == '[');
    level = json_get(json.data, json.size, "level");
    EXPECT(is(level, "debug") || is(level, "info") || is(level, "warning"));
    free(level);
    bankchannel_bytes_free(&json);
    EXPECT(bankchannel_call_log(call, &json, NULL) == OK && json.size == 2 && memcmp(json.data, "[]", 2) == 0);
    bankchannel_bytes_free(&json);
    bankchannel_call_free(call);
    /* The log records of a call in one step could not be read. */
    ended = one_shot("ws_channel.init_login", request, &options);
    EXPECT(ended.status == MISUSE && is(ended.field, "log"));
    forget(&ended);
    options.log = 2;
    ended = one_shot("ws_channel.init_login", request, &options);
    EXPECT(ended.status == MISUSE && is(ended.field, "log"));
    forget(&ended);
    /* Without the option there are none. */
    call = begin("ws_channel.init_login", request, NULL);
    expect_error(resume(call, BANKCHANNEL_REPLY_GO, ""), "transport.connect_failed");
    EXPECT(bankchannel_call_log(call, &json, NULL) == OK && json.size == 2);
    bankchannel_bytes_free(&json);
    bankchannel_call_free(call);
    bankchannel_client_free(client);
    client = kept;
}

/* ---- processes --------------------------------------------------------------------------------------------------------- */

/* Ends like a program, through exit(): the library's exit handlers run too. */
static void child_of_fork(BankchannelCall *call, BankchannelCall *waited, BankchannelCancel *token) {
    BankchannelBytes json = {NULL, 0, NULL};
    BankchannelCallOptions options = with_timeout(-1);
    EXPECT(bankchannel_cancel_now(token, NULL) == ERROR);
    options.cancel = token;
    expect_error(one_shot("toy.sleep", "{\"ms\":5}", &options), "configuration.forked");
    bankchannel_cancel_free(token);
    expect_error(resume(call, BANKCHANNEL_REPLY_GO, ""), "configuration.forked");
    EXPECT(bankchannel_call_log(call, &json, NULL) == OK);
    bankchannel_bytes_free(&json);
    bankchannel_call_free(call);
    /* The parent's thread has locked it, and does not exist here to unlock it. */
    expect_error(resume(waited, BANKCHANNEL_REPLY_GO, ""), "configuration.forked");
    EXPECT(bankchannel_call_log(waited, &json, NULL) == OK && json.size == 2);
    bankchannel_bytes_free(&json);
    bankchannel_call_free(waited);
    expect_text(one_shot("toy.sleep", "{\"ms\":5}", NULL), "slept");
    expect_defect(one_shot("toy.panic_later", "{}", NULL), "unknown");
    bankchannel_client_free(client);
    exit(0);
}

/* The child's exit code; a child that hangs is killed and counts as a failure. */
static int wait_for(pid_t child) {
    int status = -1, tries;
    for (tries = 0; tries < 1500; tries++) {
        if (waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
        pause_ms(20);
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return -1;
}

static void fork_with_a_call_in_flight(void) {
    BankchannelCallOptions options = with_timeout(-1);
    BankchannelCall *waited, *running;
    BankchannelCancel *token = NULL;
    pthread_t thread;
    pid_t child;
    EXPECT(bankchannel_cancel_new(&token, NULL) == OK);
    options.log = 1;
    options.cancel = token;
    /* One in which a thread waits, which the child does not have, and one in which none waits. */
    waited = begin("toy.sleep", "{\"ms\":700}", NULL);
    running = begin("toy.sleep", "{\"ms\":100}", &options);
    EXPECT(pthread_create(&thread, NULL, wait_for_sleep, waited) == 0);
    pause_ms(50);
    fflush(stdout);
    child = fork();
    EXPECT(child >= 0);
    if (child == 0) child_of_fork(running, waited, token);
    EXPECT(wait_for(child) == 0);
    pthread_join(thread, NULL);
    expect_text(resume(running, BANKCHANNEL_REPLY_GO, ""), "slept");
    bankchannel_call_free(waited);
    bankchannel_call_free(running);
    bankchannel_cancel_free(token);
}

static void exit_during_a_call(const char *program) {
    int round;
    for (round = 0; round < 3; round++) {
        pid_t child = fork();
        EXPECT(child >= 0);
        if (child == 0) {
            execl(program, program, "exit", (char *)NULL);
            _exit(127);
        }
        EXPECT(wait_for(child) == 7);
    }
}

static void part(const char *name, void (*body)(void)) {
    body();
    printf("ok %s\n", name);
    fflush(stdout);
}

int main(int count, char **given) {
    const char *settings = SETTINGS;
    pthread_t thread;
    EXPECT(bankchannel_client_new(BANKCHANNEL_TEXT(settings), &client, NULL) == OK);
    if (count == 2 && strcmp(given[1], "exit") == 0) {
        EXPECT(pthread_create(&thread, NULL, wait_for_sleep, begin("toy.sleep", "{\"ms\":60000}", NULL)) == 0);
        pause_ms(100);
        return 7;
    }
    part("panics", panics_become_errors);
    part("errors", errors_arrive_whole);
    part("questions", questions_are_answered_or_refused);
    part("deadlines", deadlines_end_calls);
    part("cancellation", cancellation_before_during_and_after);
    part("threads", threads_share_a_client_and_not_a_call);
    part("freed client", a_freed_client_leaves_its_calls_alone);
    part("log", records_are_taken_once_and_also_after_the_end);
    part("fork", fork_with_a_call_in_flight);
    exit_during_a_call(given[0]);
    printf("ok exit\n");
    bankchannel_client_free(client);
    return 0;
}
