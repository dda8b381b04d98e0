/*
 * The scenario driver of C: runs the requests of the interpreter (tests/runners), through include/bankchannel.h alone.
 *
 * C has no JSON parser, so the interpreter speaks lines of tab-separated fields to it; every field marked B is
 * standard base64 with padding. One request per line, answered by one line (or more, where the call asks):
 *
 *   hello                                    -> hello  c  VERSION
 *   open   CLIENT  B(settings)               -> ok | error  B(error)
 *   close  CLIENT                            -> ok
 *   call   CLIENT  NAME  B(request)  CONTENT  DESTINATION  TIMEOUT_MS  CANCEL_AFTER_MS
 *                                            -> response  B(json)  CONTENT_OUT | error  B(error)
 *
 *   CONTENT          -  |  bytes:B  |  path:B  |  pieces:B,B,...
 *   DESTINATION      -  |  path:B   |  replace:B  |  pieces
 *   CANCEL_AFTER_MS  -  or milliseconds after which another thread cancels the call
 *   CONTENT_OUT      -  |  bytes:B  (from memory, or the pieces put together)
 *
 * Before its end a call may ask a question; the driver then writes one line and reads one:
 *
 *   ask  B(question)                         <- answer  B(text)  |  fail  B(why)
 *
 * Any other form ends the driver with a text on stderr and exit code 2.
 *
 *   cc -std=c99 -Wall -Wextra -pedantic -Werror -I include driver.c -L target/release -lbankchannel_c -lpthread
 */

#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bankchannel.h"

#define CLIENTS_MAX 64
#define FIELDS_MAX 8

typedef struct {
    char *data;
    size_t size;
} Buffer;

typedef struct {
    char *name;
    BankchannelClient *client;
} Client;

static Client clients[CLIENTS_MAX];

static void broken(const char *why) {
    fprintf(stderr, "driver: %s\n", why);
    exit(2);
}

/* ---- base64 and lines -------------------------------------------------------------------------------------- */

static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void *allocated(size_t size) {
    void *memory = malloc(size == 0 ? 1 : size);
    if (memory == NULL) broken("out of memory");
    return memory;
}

static Buffer decoded(const char *text, size_t length) {
    Buffer out = {allocated(length / 4 * 3 + 1), 0};
    unsigned long bits = 0;
    int count = 0;
    for (size_t at = 0; at < length && text[at] != '='; at++) {
        const char *letter = strchr(LETTERS, text[at]);
        if (letter == NULL || text[at] == '\0') broken("a field is not base64");
        bits = bits << 6 | (unsigned long)(letter - LETTERS);
        if (++count == 4) {
            out.data[out.size++] = (char)(bits >> 16 & 255);
            out.data[out.size++] = (char)(bits >> 8 & 255);
            out.data[out.size++] = (char)(bits & 255);
            bits = 0;
            count = 0;
        }
    }
    if (count == 3) {
        out.data[out.size++] = (char)(bits >> 10 & 255);
        out.data[out.size++] = (char)(bits >> 2 & 255);
    } else if (count == 2) {
        out.data[out.size++] = (char)(bits >> 4 & 255);
    }
    return out;
}

static void put_base64(const char *data, size_t size) {
    const unsigned char *bytes = (const unsigned char *)data;
    for (size_t at = 0; at < size; at += 3) {
        unsigned long bits = (unsigned long)bytes[at] << 16;
        if (at + 1 < size) bits |= (unsigned long)bytes[at + 1] << 8;
        if (at + 2 < size) bits |= bytes[at + 2];
        putchar(LETTERS[bits >> 18 & 63]);
        putchar(LETTERS[bits >> 12 & 63]);
        putchar(at + 1 < size ? LETTERS[bits >> 6 & 63] : '=');
        putchar(at + 2 < size ? LETTERS[bits & 63] : '=');
    }
}

static void say(const char *word, const char *data, size_t size) {
    printf("%s\t", word);
    put_base64(data, size);
}

static void end_line(void) {
    putchar('\n');
    fflush(stdout);
}

/* Reads a line with its end; returns its length, 0 at the end of the input. C has no such function of its own. */
static size_t read_line(char **line, size_t *room) {
    size_t length = 0;
    for (;;) {
        if (*room - length < 2) {
            size_t wanted = *room == 0 ? 4096 : *room * 2;
            char *grown = realloc(*line, wanted);
            if (grown == NULL) broken("no memory");
            *line = grown;
            *room = wanted;
        }
        if (fgets(*line + length, (int)(*room - length), stdin) == NULL) return length;
        length += strlen(*line + length);
        if ((*line)[length - 1] == '\n') return length;
    }
}

/* Reads a line and splits it at tabs; returns the number of fields, 0 at the end of the input. */
static size_t read_fields(char **line, size_t *room, char *fields[FIELDS_MAX]) {
    size_t length = read_line(line, room);
    size_t count = 0;
    if (length == 0) return 0;
    if ((*line)[length - 1] == '\n') (*line)[length - 1] = '\0';
    for (char *rest = *line; rest != NULL;) {
        char *tab = strchr(rest, '\t');
        if (count == FIELDS_MAX) broken("too many fields");
        fields[count++] = rest;
        if (tab != NULL) *tab++ = '\0';
        rest = tab;
    }
    return count;
}

/* ---- answers ------------------------------------------------------------------------------------------------ */

static void say_error(BankchannelError *error) {
    const char *json = bankchannel_error_json(error);
    if (json == NULL) broken("a function failed without an error");
    say("error", json, strlen(json));
    end_line();
    bankchannel_error_free(error);
}

static void open_client(const char *name, const char *settings) {
    Buffer json = decoded(settings, strlen(settings));
    BankchannelClient *client = NULL;
    BankchannelError *error = NULL;
    size_t at = 0;
    BankchannelStatus status = bankchannel_client_new(json.data, json.size, &client, &error);
    free(json.data);
    if (status != BANKCHANNEL_STATUS_OK) {
        say_error(error);
        return;
    }
    while (at < CLIENTS_MAX && clients[at].name != NULL && strcmp(clients[at].name, name) != 0) at++;
    if (at == CLIENTS_MAX) broken("too many clients");
    if (clients[at].name == NULL) {
        clients[at].name = allocated(strlen(name) + 1);
        strcpy(clients[at].name, name);
    }
    bankchannel_client_free(clients[at].client);
    clients[at].client = client;
    printf("ok");
    end_line();
}

static Client *find(const char *name) {
    for (size_t at = 0; at < CLIENTS_MAX; at++) {
        if (clients[at].name != NULL && strcmp(clients[at].name, name) == 0) return &clients[at];
    }
    return NULL;
}

static void close_client(const char *name) {
    Client *found = find(name);
    if (found != NULL) {
        bankchannel_client_free(found->client);
        free(found->name);
        found->client = NULL;
        found->name = NULL;
    }
    printf("ok");
    end_line();
}

/* ---- a call ------------------------------------------------------------------------------------------------- */

typedef struct {
    BankchannelCancel *cancel;
    long after_ms;
} Alarm;

static void *cancel_later(void *given) {
    Alarm *alarm = given;
    struct timespec time = {alarm->after_ms / 1000, alarm->after_ms % 1000 * 1000000L};
    nanosleep(&time, NULL);
    bankchannel_cancel_now(alarm->cancel, NULL);
    return NULL;
}

/* The value after "word:", or NULL. */
static const char *after(const char *field, const char *word) {
    size_t length = strlen(word);
    return strncmp(field, word, length) == 0 && field[length] == ':' ? field + length + 1 : NULL;
}

static void append(Buffer *all, const char *data, size_t size) {
    char *grown = realloc(all->data, all->size + size + 1);
    if (grown == NULL) broken("out of memory");
    memcpy(grown + all->size, data, size);
    all->data = grown;
    all->size += size;
}

/* Drives the call to its end and prints its result. */
static void drive(BankchannelCall *call, const char *pieces, int collects) {
    BankchannelBytes json = {NULL, 0, NULL}, content = {NULL, 0, NULL};
    BankchannelError *error = NULL;
    Buffer reply = {NULL, 0}, all = {NULL, 0};
    uint32_t kind = BANKCHANNEL_REPLY_GO;
    char *line = NULL, *fields[FIELDS_MAX];
    size_t room = 0;
    for (;;) {
        BankchannelStatus status = bankchannel_call_resume(call, kind, reply.data, reply.size, &json, &content, &error);
        free(reply.data);
        reply.data = NULL;
        reply.size = 0;
        if (status == BANKCHANNEL_STATUS_ASK) {
            say("ask", json.data, json.size);
            end_line();
            if (read_fields(&line, &room, fields) != 2) broken("an answer has two fields");
            kind = strcmp(fields[0], "answer") == 0 ? BANKCHANNEL_REPLY_ANSWER : BANKCHANNEL_REPLY_FAIL;
            reply = decoded(fields[1], strlen(fields[1]));
        } else if (status == BANKCHANNEL_STATUS_WANT_PIECE) {
            kind = BANKCHANNEL_REPLY_END;
            while (pieces != NULL && *pieces != '\0' && reply.size == 0) {
                size_t length = strcspn(pieces, ",");
                free(reply.data);
                reply = decoded(pieces, length);
                pieces += length + (pieces[length] == ',');
                if (reply.size > 0) kind = BANKCHANNEL_REPLY_PIECE;
            }
        } else if (status == BANKCHANNEL_STATUS_PIECE) {
            append(&all, content.data, content.size);
            kind = BANKCHANNEL_REPLY_GO;
        } else {
            if (status == BANKCHANNEL_STATUS_OK) {
                say("response", json.data, json.size);
                if (collects || content.data != NULL) {
                    printf("\tbytes:");
                    put_base64(collects ? all.data : content.data, collects ? all.size : content.size);
                } else {
                    printf("\t-");
                }
                end_line();
            } else {
                say_error(error);
            }
            break;
        }
        bankchannel_bytes_free(&json);
        bankchannel_bytes_free(&content);
    }
    bankchannel_bytes_free(&json);
    bankchannel_bytes_free(&content);
    free(all.data);
    free(line);
}

static Buffer pointed(const char *field, const char *word, uint32_t number, uint32_t *kind) {
    Buffer none = {NULL, 0};
    const char *value = after(field, word);
    if (value == NULL) return none;
    *kind = number;
    return decoded(value, strlen(value));
}

static void call(char *fields[FIELDS_MAX]) {
    Client *client = find(fields[1]);
    Buffer request = decoded(fields[3], strlen(fields[3])), content = {NULL, 0}, destination = {NULL, 0};
    const char *pieces = after(fields[4], "pieces");
    int collects = strcmp(fields[5], "pieces") == 0;
    BankchannelCallOptions options;
    BankchannelCall *begun = NULL;
    BankchannelError *error = NULL;
    Alarm alarm = {NULL, 0};
    pthread_t thread;
    if (client == NULL) broken("no such client was opened");
    bankchannel_call_options_init(&options, sizeof options, NULL);
    options.timeout_ms = strtoll(fields[6], NULL, 10);
    content = pointed(fields[4], "bytes", BANKCHANNEL_CONTENT_BYTES, &options.content_kind);
    if (content.data == NULL) content = pointed(fields[4], "path", BANKCHANNEL_CONTENT_PATH, &options.content_kind);
    if (pieces != NULL) options.content_kind = BANKCHANNEL_CONTENT_PIECES;
    destination = pointed(fields[5], "path", BANKCHANNEL_CONTENT_PATH, &options.destination_kind);
    if (destination.data == NULL) destination = pointed(fields[5], "replace", BANKCHANNEL_CONTENT_REPLACE, &options.destination_kind);
    if (collects) options.destination_kind = BANKCHANNEL_CONTENT_PIECES;
    options.content = content.data;
    options.content_size = content.size;
    options.destination = destination.data;
    options.destination_size = destination.size;
    if (strcmp(fields[7], "-") != 0) {
        if (bankchannel_cancel_new(&alarm.cancel, NULL) != BANKCHANNEL_STATUS_OK) broken("no cancel token");
        alarm.after_ms = strtol(fields[7], NULL, 10);
        options.cancel = alarm.cancel;
    }
    if (bankchannel_call_begin(client->client, fields[2], strlen(fields[2]), request.data, request.size, &options,
                               &begun, &error) == BANKCHANNEL_STATUS_OK) {
        if (alarm.cancel != NULL && pthread_create(&thread, NULL, cancel_later, &alarm) != 0) broken("no thread");
        drive(begun, pieces, collects);
        if (alarm.cancel != NULL) pthread_join(thread, NULL);
    } else {
        say_error(error);
    }
    bankchannel_call_free(begun);
    bankchannel_cancel_free(alarm.cancel);
    free(request.data);
    free(content.data);
    free(destination.data);
}

int main(void) {
    char *line = NULL, *fields[FIELDS_MAX];
    size_t room = 0, count;
    if (bankchannel_abi_version() < BANKCHANNEL_ABI_VERSION) broken("the library is older than the header");
    while ((count = read_fields(&line, &room, fields)) > 0) {
        if (count == 1 && strcmp(fields[0], "hello") == 0) {
            printf("hello\tc\t%s", bankchannel_version());
            end_line();
        } else if (count == 3 && strcmp(fields[0], "open") == 0) {
            open_client(fields[1], fields[2]);
        } else if (count == 2 && strcmp(fields[0], "close") == 0) {
            close_client(fields[1]);
        } else if (count == 8 && strcmp(fields[0], "call") == 0) {
            call(fields);
        } else {
            broken("a request is not of the form that this file describes");
        }
    }
    for (size_t at = 0; at < CLIENTS_MAX; at++) {
        bankchannel_client_free(clients[at].client);
        free(clients[at].name);
    }
    free(line);
    return 0;
}
