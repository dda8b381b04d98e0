/*
 * Uploads a payment file: logs in, with a prompt where the service asks for a code, signs the file, sends it, and says
 * what came of it.
 *
 *   cc -std=c99 -I include ffi/examples/upload.c -L target/release -lbankchannel_c -o upload
 *   export BANKCHANNEL_API_KEY=… BANKCHANNEL_PASSWORD=…
 *   ./upload BASE_URL PUBLIC_KEY_FILE EMAIL BANK PGP_PRIVATE_KEY_FILE PAYMENT_FILE FILE_TYPE
 *
 * Exit code 0 when the bank channel took the file, 1 when it did not, 3 when that is not known: then look for the bank's
 * answer files before the file is sent again.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bankchannel.h"

enum { DONE = 0, FAILED = 1, USAGE = 2, NOT_KNOWN = 3 };

/* Puts a JSON string at the end of a text that has room for it. */
static void put_json(char *out, const char *text) {
    out += strlen(out);
    *out++ = '"';
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            *out++ = '\\';
            *out++ = (char)c;
        } else if (c < 0x20) {
            out += sprintf(out, "\\u%04x", c);
        } else {
            *out++ = (char)c;
        }
    }
    *out++ = '"';
    *out = '\0';
}

/* {"name": "value", …} of pairs that end with NULL; values that begin with '{' are JSON already. The caller frees it. */
static char *object(const char *const *pairs) {
    size_t room = 3;
    char *out;
    for (size_t at = 0; pairs[at] != NULL; at++) room += strlen(pairs[at]) * 6 + 4;
    out = malloc(room);
    if (out == NULL) exit(FAILED);
    strcpy(out, "{");
    for (size_t at = 0; pairs[at] != NULL; at += 2) {
        if (at > 0) strcat(out, ",");
        put_json(out, pairs[at]);
        strcat(out, ":");
        if (pairs[at + 1][0] == '{') {
            strcat(out, pairs[at + 1]);
        } else {
            put_json(out, pairs[at + 1]);
        }
    }
    strcat(out, "}");
    return out;
}

/* Shows an error and says with which code to end. */
static int failed(BankchannelError *error) {
    const char *json = bankchannel_error_json(error);
    int unknown = strstr(json, "\"outcome\":\"unknown\"") != NULL || strstr(json, "\"outcome\":\"accepted\"") != NULL;
    fprintf(stderr, "%s: %s\n", bankchannel_error_code(error), bankchannel_error_message(error));
    bankchannel_error_free(error);
    return unknown ? NOT_KNOWN : FAILED;
}

/* Carries out an operation; what it asks is asked on the terminal. Prints the response. */
static int carry_out(BankchannelClient *client, const char *name, const char *request, const char *content_path) {
    BankchannelCallOptions options;
    BankchannelCall *call = NULL;
    BankchannelError *error = NULL;
    BankchannelBytes json = {NULL, 0, NULL}, content = {NULL, 0, NULL};
    BankchannelStatus status;
    char answer[256] = "";
    uint32_t reply = BANKCHANNEL_REPLY_GO;
    bankchannel_call_options_init(&options, sizeof options, NULL);
    if (content_path != NULL) {
        options.content_kind = BANKCHANNEL_CONTENT_PATH;
        options.content = content_path;
        options.content_size = strlen(content_path);
    }
    status = bankchannel_call_begin(client, name, strlen(name), request, strlen(request), &options, &call, &error);
    if (status != BANKCHANNEL_STATUS_OK) return failed(error);
    while ((status = bankchannel_call_resume(call, reply, answer, strlen(answer), &json, &content, &error)) == BANKCHANNEL_STATUS_ASK) {
        fprintf(stderr, "%.*s\n> ", (int)json.size, json.data);
        bankchannel_bytes_free(&json);
        reply = fgets(answer, sizeof answer, stdin) == NULL ? BANKCHANNEL_REPLY_FAIL : BANKCHANNEL_REPLY_ANSWER;
        answer[strcspn(answer, "\r\n")] = '\0';
    }
    bankchannel_call_free(call);
    memset(answer, 0, sizeof answer);
    if (status != BANKCHANNEL_STATUS_OK) return failed(error);
    if (content_path != NULL) printf("%.*s\n", (int)json.size, json.data);
    bankchannel_bytes_free(&json);
    bankchannel_bytes_free(&content);
    return DONE;
}

int main(int count, char **given) {
    BankchannelClient *client = NULL;
    BankchannelError *error = NULL;
    char *settings, *key, *request;
    int code;
    if (count != 8) {
        fprintf(stderr, "usage: %s BASE_URL PUBLIC_KEY_FILE EMAIL BANK PGP_PRIVATE_KEY_FILE PAYMENT_FILE FILE_TYPE\n", given[0]);
        return USAGE;
    }
    if (bankchannel_abi_version() < BANKCHANNEL_ABI_VERSION) {
        fprintf(stderr, "libbankchannel_c %s is older than this program\n", bankchannel_version());
        return FAILED;
    }
    {
        const char *const pairs[] = {"base_url", given[1], "public_key_file", given[2], "email", given[3], "bank", given[4], "mode", "data",
                                     "api_key", "{\"env\":\"BANKCHANNEL_API_KEY\"}", "password", "{\"env\":\"BANKCHANNEL_PASSWORD\"}", NULL};
        settings = object(pairs);
    }
    if (bankchannel_client_new(settings, strlen(settings), &client, &error) != BANKCHANNEL_STATUS_OK) return failed(error);
    free(settings);
    code = carry_out(client, "ws_channel.log_in", "{}", NULL);
    if (code == DONE) {
        const char *const file[] = {"file", given[5], NULL};
        key = object(file);
        const char *const pairs[] = {"private_key", key, "file_type", given[7], NULL};
        request = object(pairs);
        code = carry_out(client, "ws_channel.sign_and_upload", request, given[6]);
        free(request);
        free(key);
    }
    bankchannel_client_free(client);
    return code;
}
