/*
 * The minimal HTTP that the example of a server needs: a connection has one request, gets one answer, and is closed.
 * Use your usual HTTP library in your own program. Put a proxy that speaks TLS in front of either.
 */
#ifndef EXAMPLE_HTTP_H
#define EXAMPLE_HTTP_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

enum {
    HTTP_HEAD_LIMIT = 32 * 1024, /* Salt Edge puts what it asks into headers, up to 16 KiB of them. */
    HTTP_BODY_LIMIT = 16 * 1024, /* Bodies are forms of the bank's page. */
    HTTP_FIELD_LIMIT = 100,
    HTTP_TIME_MS = 10000,  /* For the whole request, and again for the answer. */
    HTTP_LINGER_MS = 1000, /* For the rest of a request that was refused. */
};

/* The texts are in `bytes`, each terminated by NUL. */
typedef struct {
    int connection;
    const char *method, *target, *body;
    struct {
        const char *name, *value;
    } fields[HTTP_FIELD_LIMIT];
    size_t field_count;
    char bytes[HTTP_HEAD_LIMIT + HTTP_BODY_LIMIT + 1];
} HttpRequest;

static inline long long http_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Sets how long the next receive or send may wait: until the deadline. Returns whether there is time left. */
static inline bool http_wait(int connection, int option, long long deadline_ms) {
    long long left_ms = deadline_ms - http_now_ms();
    struct timeval left = {(time_t)(left_ms / 1000), (suseconds_t)(left_ms % 1000 * 1000)};
    return left_ms > 0 && setsockopt(connection, SOL_SOCKET, option, &left, sizeof left) == 0;
}

/* The number of received bytes; 0 at the end, and when the time is up. */
static inline size_t http_receive(int connection, char *to, size_t room, long long deadline_ms) {
    ssize_t got = -1;
    while (http_wait(connection, SO_RCVTIMEO, deadline_ms)) {
        got = recv(connection, to, room, 0);
        if (got >= 0 || errno != EINTR) break;
    }
    return got > 0 ? (size_t)got : 0;
}

/*
 * Ends a line of the head with NUL, and returns the start of the next one; NULL if the line has control characters.
 * Non-ASCII bytes become `?`: Salt Edge sends none, and the library accepts UTF-8 only.
 */
static inline char *http_cut(char *line) {
    for (; *line == '\t' || ((unsigned char)*line >= ' ' && *line != 0x7f); line++) {
        if ((unsigned char)*line >= 0x80) *line = '?';
    }
    if (line[0] != '\r' || line[1] != '\n') return NULL;
    *line = '\0';
    return line + 2;
}

/* Reads a head that ends with an empty line. Returns 0, or the status of a refusal. */
static inline int http_read_head(HttpRequest *request, size_t *body_size) {
    char *line = request->bytes, *next = http_cut(line), *target = strchr(line, ' ');
    char *version = target == NULL ? NULL : strchr(target + 1, ' ');
    bool has_length = false;
    if (next == NULL || version == NULL || strncmp(version, " HTTP/1.", 8) != 0) return 400;
    *target = *version = '\0';
    request->method = line;
    request->target = target + 1;
    for (line = next; strncmp(line, "\r\n", 2) != 0; line = next) {
        char *value = line + strcspn(line, ": \t\r"), *end;
        next = http_cut(line);
        if (next == NULL || value == line || *value != ':') return 400;
        if (request->field_count == HTTP_FIELD_LIMIT) return 431;
        *value++ = '\0';
        value += strspn(value, " \t");
        for (end = value + strlen(value); end > value && (end[-1] == ' ' || end[-1] == '\t');) *--end = '\0';
        request->fields[request->field_count].name = line;
        request->fields[request->field_count++].value = value;
        if (strcasecmp(line, "Transfer-Encoding") == 0) return 501;
        if (strcasecmp(line, "Content-Length") != 0) continue;
        /* With two lengths, a proxy may use the other one. */
        if (has_length || end == value || value[strspn(value, "0123456789")] != '\0') return 400;
        if (end - value > 9 || strtoul(value, NULL, 10) > HTTP_BODY_LIMIT) return 413;
        *body_size = strtoul(value, NULL, 10);
        has_length = true;
    }
    return 0;
}

/* Reads the request of a connection. Returns 0, or the status of a refusal. */
static inline int http_read(HttpRequest *request, int connection) {
    long long deadline_ms = http_now_ms() + HTTP_TIME_MS;
    char *bytes = request->bytes, *end = NULL;
    size_t size = 0, searched = 0, wanted, body_size = 0;
    int refused;
    request->connection = connection;
    request->method = "";
    request->field_count = 0;
    while (end == NULL) {
        size_t got = http_receive(connection, bytes + size, HTTP_HEAD_LIMIT - size, deadline_ms);
        if (got == 0) return size == HTTP_HEAD_LIMIT ? 431 : 408;
        size += got;
        bytes[size] = '\0';
        if (strlen(bytes) != size) return 400; /* A NUL would end the texts early. */
        end = strstr(bytes + searched, "\r\n\r\n");
        searched = size < 3 ? 0 : size - 3;
    }
    request->body = end + 4;
    refused = http_read_head(request, &body_size);
    if (refused != 0) return refused;
    for (wanted = (size_t)(end + 4 - bytes) + body_size; size < wanted;) {
        size_t got = http_receive(connection, bytes + size, wanted - size, deadline_ms);
        if (got == 0) return 408;
        size += got;
    }
    bytes[wanted] = '\0';
    return 0;
}

/* A field of a form, decoded into `to`. NOTHING if it is missing, or too long. */
static inline Text http_form_field(const char *form, const char *name, char *to, size_t room) {
    size_t size = strlen(name), got = 0;
    while (strncmp(form, name, size) != 0 || form[size] != '=') {
        form += strcspn(form, "&");
        if (*form++ == '\0') return NOTHING;
    }
    for (form += size + 1; *form != '\0' && *form != '&'; form++) {
        char digits[3] = "", letter = *form == '+' ? ' ' : *form;
        if (got == room) return NOTHING;
        if (letter == '%' && form[1] != '\0' && form[2] != '\0') {
            memcpy(digits, form + 1, 2);
            letter = (char)strtol(digits, NULL, 16);
            form += 2;
        }
        to[got++] = letter;
    }
    return (Text){to, got};
}

/* Writes a header field of an answer. Line ends in its value would start a field chosen by an attacker. */
static inline void http_field(FILE *fields, const char *name, const char *value) {
    fprintf(fields, "%s: ", name);
    for (; *value != '\0'; value++) fputc((unsigned char)*value < ' ' ? ' ' : *value, fields);
    fputs("\r\n", fields);
}

/* Sends an answer; `fields` were written by `http_field`. */
static inline void http_send(const HttpRequest *request, int status, const char *fields, const char *body) {
    long long deadline_ms = http_now_ms() + HTTP_TIME_MS;
    char *text;
    size_t size, sent = 0;
    FILE *out = text_open(&text, &size);
    fprintf(out, "HTTP/1.1 %d \r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n", status, fields, strlen(body));
    if (strcmp(request->method, "HEAD") != 0) fputs(body, out);
    fclose(out);
    while (sent < size && http_wait(request->connection, SO_SNDTIMEO, deadline_ms)) {
        ssize_t now = send(request->connection, text + sent, size - sent, MSG_NOSIGNAL);
        if (now < 0 && errno != EINTR) break;
        if (now > 0) sent += (size_t)now;
    }
    free(text);
}

/* Closes a connection. The rest of a request is read first: otherwise the system would discard the answer. */
static inline void http_close(int connection, bool is_read) {
    long long deadline_ms = http_now_ms() + HTTP_LINGER_MS;
    char rest[4096];
    shutdown(connection, SHUT_WR);
    while (!is_read && http_receive(connection, rest, sizeof rest, deadline_ms) > 0) continue;
    close(connection);
}

#endif
