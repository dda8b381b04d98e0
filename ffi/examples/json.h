/*
 * The minimal JSON that the examples need. The library uses JSON, and C has no support for it: use your usual JSON
 * library in your own program. These functions only write objects of texts and look texts up.
 */
#ifndef EXAMPLE_JSON_H
#define EXAMPLE_JSON_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void *json_memory(size_t size) {
    void *memory = malloc(size);
    if (memory == NULL) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

/* Writes a text as a JSON string at `out`, which has room for six times its length and two quotes; returns its end. */
static inline char *json_write_string(char *out, const char *text) {
    *out++ = '"';
    for (; *text != '\0'; text++) {
        unsigned char letter = (unsigned char)*text;
        if (letter < 0x20) {
            out += sprintf(out, "\\u%04x", letter);
        } else {
            if (letter == '"' || letter == '\\') *out++ = '\\';
            *out++ = (char)letter;
        }
    }
    *out++ = '"';
    return out;
}

/* json_text("{\"name\":%s}", name): each %s becomes a JSON string, with quotes around it. The caller frees the result. */
static inline char *json_text(const char *format, ...) {
    size_t room = strlen(format) + 1;
    char *text, *out;
    const char *at;
    va_list arguments;
    va_start(arguments, format);
    for (at = strstr(format, "%s"); at != NULL; at = strstr(at + 2, "%s")) room += 6 * strlen(va_arg(arguments, const char *)) + 2;
    va_end(arguments);
    text = out = json_memory(room);
    va_start(arguments, format);
    for (at = format; *at != '\0';) {
        if (at[0] == '%' && at[1] == 's') {
            out = json_write_string(out, va_arg(arguments, const char *));
            at += 2;
        } else {
            *out++ = *at++;
        }
    }
    va_end(arguments);
    *out = '\0';
    return text;
}

/* Reads the JSON string whose first quote is at `*at`, and moves `*at` past it. The caller frees the result. */
static inline char *json_read_string(const char **at, const char *end) {
    const char *from = *at + 1;
    char *text = json_memory((size_t)(end - *at) + 1), *out = text;
    while (from < end && *from != '"') {
        char letter = *from++;
        if (letter == '\\' && from < end) {
            letter = *from++;
            switch (letter) {
            case 'b': letter = '\b'; break;
            case 'f': letter = '\f'; break;
            case 'n': letter = '\n'; break;
            case 'r': letter = '\r'; break;
            case 't': letter = '\t'; break;
            case 'u': {
                /* The library writes \u only for control characters: everything else is plain UTF-8. */
                char digits[5] = "";
                memcpy(digits, from, end - from < 4 ? (size_t)(end - from) : 4);
                letter = (char)strtol(digits, NULL, 16);
                from += strlen(digits);
                break;
            }
            default: break;
            }
        }
        *out++ = letter;
    }
    *out = '\0';
    *at = from < end ? from + 1 : end;
    return text;
}

/*
 * The next text member with this name, at any depth, from `*at` on; `*at` moves past it. NULL if there is none. The
 * caller frees the result.
 */
static inline char *json_next(const char **at, const char *end, const char *name) {
    while (*at < end) {
        char *text;
        int found;
        if (**at != '"') {
            ++*at;
            continue;
        }
        text = json_read_string(at, end);
        found = strcmp(text, name) == 0 && end - *at > 1 && (*at)[0] == ':' && (*at)[1] == '"';
        free(text);
        if (found) {
            ++*at;
            return json_read_string(at, end);
        }
    }
    return NULL;
}

/* The first text member with this name. NULL if there is none. The caller frees the result. */
static inline char *json_get(const char *json, size_t size, const char *name) {
    const char *at = json;
    return json_next(&at, json + size, name);
}

#endif
