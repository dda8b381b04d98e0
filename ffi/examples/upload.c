/*
 * Uploads a payment file: logs in, with a prompt if the service asks for a code; signs the file with a PGP key; sends
 * it; waits for the bank's answer and saves it in a folder.
 *
 *   cc -std=c99 upload.c $(pkg-config --cflags --libs bankchannel) -o upload
 *   ./upload settings.json private-key.asc payment.xml pain.001.001.09 pain.002.001.10 answers
 *
 * settings.json names the account and its service, and the places of its secrets:
 *
 *   {"environment": "production", "email": "me@example.com", "mode": "data", "bank": "nordea",
 *    "api_key": {"env": "BANKCHANNEL_API_KEY"}, "password": {"file": "/etc/bankchannel/password"}}
 *
 * Exit code 0: the bank has answered, and has rejected nothing. 1: the file was not sent, or was refused. 3: it was
 * accepted, or may have been: look for the bank's answer before you send it again. 4: the bank has rejected the file, or
 * a part of it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bankchannel.h>
#include <bankchannel_operations.h>

#include "json.h"

enum { ANSWERED = 0, NOT_SENT = 1, USAGE = 2, LOOK_FIRST = 3, REJECTED = 4 };

/* The whole file as text that ends with NUL. The caller frees it. */
static char *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    size_t room = 4096;
    char *text = json_memory(room);
    *size = 0;
    if (file == NULL) {
        perror(path);
        exit(USAGE);
    }
    while ((*size += fread(text + *size, 1, room - *size - 1, file)) == room - 1) {
        char *larger = json_memory(room * 2);
        memcpy(larger, text, *size);
        free(text);
        text = larger;
        room *= 2;
    }
    fclose(file);
    text[*size] = '\0';
    return text;
}

/*
 * Runs an operation. A call is a conversation: the library names its need, the program replies and resumes. This
 * program replies to questions only; if content were given as pieces, it would also be asked for those. The call's
 * result is in `response` or in `error`; the caller frees it.
 */
static BankchannelStatus carry_out(const BankchannelClient *client, const char *name, const char *request,
                                   const BankchannelCallOptions *options, BankchannelBytes *response,
                                   BankchannelError **error) {
    BankchannelCall *call = NULL;
    BankchannelBytes content = {NULL, 0, NULL};
    char answer[256] = "";
    uint32_t reply = BANKCHANNEL_REPLY_GO;
    BankchannelStatus status =
        bankchannel_call_begin(client, BANKCHANNEL_TEXT(name), BANKCHANNEL_TEXT(request), options, &call, error);
    if (status != BANKCHANNEL_STATUS_OK) return status;
    while ((status = bankchannel_call_resume(call, reply, BANKCHANNEL_TEXT(answer), response, &content, error)) == BANKCHANNEL_STATUS_ASK) {
        /* {"kind": "sms_code", "text": "…", "choices": […]}: the text is for a person. */
        char *text = json_get(response->data, response->size, "text");
        fprintf(stderr, "%s\n> ", text == NULL ? "?" : text);
        free(text);
        bankchannel_bytes_free(response);
        if (fgets(answer, sizeof answer, stdin) != NULL) {
            answer[strcspn(answer, "\r\n")] = '\0';
            reply = BANKCHANNEL_REPLY_ANSWER;
        } else {
            strcpy(answer, "nobody answers");
            reply = BANKCHANNEL_REPLY_FAIL;
        }
    }
    memset(answer, 0, sizeof answer);
    bankchannel_call_free(call);
    return status;
}

/* Shows an error, and returns the program's exit code. */
static int failed(BankchannelError *error) {
    const char *json = bankchannel_error_json(error);
    char *outcome = json_get(BANKCHANNEL_TEXT(json), "outcome");
    /* The outcome of the exchange determines whether it may be repeated: docs/c-abi.md, "Status and error". Invalid
       input was never sent; for any other error without an outcome, this is unknown. */
    int is_safe = outcome == NULL ? bankchannel_error_category(error) == BANKCHANNEL_CATEGORY_INVALID_INPUT
                                  : strcmp(outcome, "not_sent") == 0 || strcmp(outcome, "refused") == 0;
    fprintf(stderr, "%s: %s\n", bankchannel_error_code(error), bankchannel_error_message(error));
    free(outcome);
    bankchannel_error_free(error);
    return is_safe ? NOT_SENT : LOOK_FIRST;
}

static int log_in(const BankchannelClient *client) {
    BankchannelBytes response = {NULL, 0, NULL};
    BankchannelError *error = NULL;
    if (carry_out(client, BANKCHANNEL_OP_WS_CHANNEL_LOG_IN, "{}", NULL, &response, &error) != BANKCHANNEL_STATUS_OK) {
        failed(error); /* No payment has left yet, whatever the outcome of the login. */
        return NOT_SENT;
    }
    bankchannel_bytes_free(&response); /* It has the session's token; the client has noted it. */
    return ANSWERED;
}

static int upload_and_wait(const BankchannelClient *client, char **given) {
    BankchannelBytes response = {NULL, 0, NULL};
    BankchannelError *error = NULL;
    BankchannelCallOptions options;
    char *verdict, *text, *path, *request = json_text("{\"private_key\":{\"file\":%s},\"file_type\":%s,\"wait_for\":[%s],\"directory\":%s}",
                                     given[2], given[4], given[5], given[6]);
    int code = ANSWERED;
    /* A file's bytes are never in the JSON: they are passed separately, here as a path. */
    bankchannel_call_options_init(&options, sizeof options, NULL);
    options.content_kind = BANKCHANNEL_CONTENT_PATH;
    options.content = given[3];
    options.content_size = strlen(given[3]);
    if (carry_out(client, BANKCHANNEL_OP_WS_CHANNEL_UPLOAD_AND_WAIT, request, &options, &response, &error) == BANKCHANNEL_STATUS_OK) {
        /* An answer is not yet a payment: the verdict is the bank's. */
        verdict = json_get(response.data, response.size, "verdict");
        text = json_get(response.data, response.size, "verdict_text");
        path = json_get(response.data, response.size, "path");
        printf("%s\nthe bank's answer: %s\n", text == NULL ? "" : text, path == NULL ? "" : path);
        if (verdict == NULL || strcmp(verdict, "rejected") == 0 || strcmp(verdict, "partly_rejected") == 0) code = REJECTED;
        free(verdict);
        free(text);
        free(path);
    } else {
        code = failed(error);
    }
    bankchannel_bytes_free(&response);
    free(request);
    return code;
}

int main(int count, char **given) {
    BankchannelClient *client = NULL;
    BankchannelError *error = NULL;
    char *settings;
    size_t size;
    int code;
    if (count != 7) {
        fprintf(stderr, "usage: %s SETTINGS PRIVATE_KEY PAYMENT FILE_TYPE ANSWER_TYPE FOLDER\n", given[0]);
        return USAGE;
    }
    if (bankchannel_abi_version() < BANKCHANNEL_ABI_VERSION) {
        fprintf(stderr, "libbankchannel %s is older than this program\n", bankchannel_version());
        return USAGE;
    }
    settings = read_file(given[1], &size);
    if (bankchannel_client_new(settings, size, &client, &error) != BANKCHANNEL_STATUS_OK) {
        failed(error);
        return NOT_SENT;
    }
    free(settings);
    code = log_in(client);
    if (code == ANSWERED) code = upload_and_wait(client, given);
    bankchannel_client_free(client);
    return code;
}
