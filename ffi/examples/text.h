/*
 * Parts of texts, and JSON read by its structure. json.h finds a name at any depth, which is wrong if others choose
 * names, as in a question's credentials. It reads the library's output: no spaces between parts.
 */
#ifndef EXAMPLE_TEXT_H
#define EXAMPLE_TEXT_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

/* Bytes of a longer text, which owns them; not terminated by NUL. Size 0 for nothing. */
typedef struct {
    const char *from;
    size_t size;
} Text;

/* For printf's %.*s. */
#define TEXT(text) (int)(text).size, (text).from

static const Text NOTHING = {NULL, 0};

static inline bool text_is(Text text, const char *other) {
    return text.size == strlen(other) && memcmp(text.from, other, text.size) == 0;
}

/* A text that grows while it is written, and is complete after `fclose`. The caller frees it. */
static inline FILE *text_open(char **text, size_t *size) {
    FILE *out = open_memstream(text, size);
    if (out == NULL) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    return out;
}

/* The item of a list, or member of an object with its name, that follows `item`; the first one after NOTHING. */
static inline Text json_after(Text whole, Text item) {
    if (whole.size < 2) return NOTHING;
    const char *at = item.size == 0 ? whole.from + 1 : item.from + item.size + 1, *end = whole.from + whole.size;
    int depth = 0;
    bool is_string = false;
    for (item.from = at; at < end; at++) {
        if (is_string && *at == '\\' && at + 1 < end) at++;
        else if (*at == '"') is_string = !is_string;
        else if (is_string) continue;
        else if (depth == 0 && (*at == ',' || *at == '}' || *at == ']')) break;
        else depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
    }
    return at < end ? (Text){item.from, (size_t)(at - item.from)} : NOTHING;
}

/* The value of a member, unchanged: a string has its quotes. */
static inline Text json_member(Text object, const char *name) {
    size_t size = strlen(name);
    for (Text item = json_after(object, NOTHING); item.size > 0; item = json_after(object, item)) {
        if (item.size <= size + 3) continue;
        Text value = {item.from + size + 3, item.size - size - 3};
        if (memcmp(item.from + 1, name, size) == 0 && memcmp(value.from - 2, "\":", 2) == 0) return value;
    }
    return NOTHING;
}

/* The text between the quotes of a string member. Escapes stay: it is only used with texts that have none. */
static inline Text json_string(Text object, const char *name) {
    Text value = json_member(object, name);
    return value.size < 2 || *value.from != '"' ? NOTHING : (Text){value.from + 1, value.size - 2};
}

/* A string with its escapes decoded, terminated by NUL; empty if the value is not a string. The caller frees it. */
static inline char *json_copy(Text value) {
    if (value.size < 2 || *value.from != '"') value = (Text){"\"\"", 2};
    return json_read_string(&value.from, value.from + value.size);
}

#endif
