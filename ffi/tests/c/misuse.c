/*
 * Every function used wrongly, and calls abandoned half way, for valgrind: memory is most easily lost on errors. The
 * status and error of each fault are tested in ffi/tests/contract. Needs no service.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bankchannel.h>

static int faults = 0;

/* Frees a function's outputs, and counts calls that were not refused. */
static void refused(BankchannelStatus status, BankchannelError **error, const char *what) {
    if ((status != BANKCHANNEL_STATUS_ERROR && status != BANKCHANNEL_STATUS_MISUSE) || *error == NULL ||
        strlen(bankchannel_error_json(*error)) < 2 || bankchannel_error_category(*error) == BANKCHANNEL_CATEGORY_NONE) {
        fprintf(stderr, "not refused: %s\n", what);
        faults++;
    }
    bankchannel_error_free(*error);
    *error = NULL;
}

int main(void) {
    const char *request = "{\"email\":\"a@example.test\",\"mode\":\"data\"}", *torn = "\xc3\x28";
    BankchannelBytes json = {NULL, 0, NULL}, content = {NULL, 0, NULL};
    BankchannelError *error = NULL;
    BankchannelClient *client = NULL;
    BankchannelCall *call = NULL;
    BankchannelCancel *cancel = NULL;
    BankchannelServer *server = NULL;
    BankchannelCallOptions options;
    int round;
    for (round = 0; round < 3; round++) {
        refused(bankchannel_client_new(NULL, 1, &client, &error), &error, "settings NULL");
        refused(bankchannel_client_new(BANKCHANNEL_TEXT(torn), &client, &error), &error, "settings not UTF-8");
        refused(bankchannel_client_new(BANKCHANNEL_TEXT("{\"colour\":1}"), &client, &error), &error, "settings unknown");
        refused(bankchannel_client_new(BANKCHANNEL_TEXT("{"), &client, &error), &error, "settings torn");
        refused(bankchannel_local(BANKCHANNEL_TEXT("ws_channel.sign_file"), BANKCHANNEL_TEXT("{}"), NULL, &json, &content, &error), &error, "local");
        refused(bankchannel_server_start(BANKCHANNEL_TEXT("a-tram"), NULL, 0, &server, &error), &error, "kind");
        refused(bankchannel_server_start(BANKCHANNEL_TEXT("ws-channel"), BANKCHANNEL_TEXT("{\"listen\":5}"), &server, &error), &error, "options");
        refused(bankchannel_server_info(NULL, &json, &error), &error, "server NULL");
        refused(bankchannel_server_control(NULL, BANKCHANNEL_TEXT("seed"), NULL, 0, &json, &error), &error, "server NULL");
        refused(bankchannel_catalogue(NULL, &error), &error, "json NULL");
        refused(bankchannel_call_options_init(&options, 3, &error), &error, "size");
        if (bankchannel_client_new(BANKCHANNEL_TEXT("{\"base_url\":\"http://127.0.0.1:9/v2\",\"password\":\"a-secret\"}"), &client, &error) != BANKCHANNEL_STATUS_OK) return 1;
        if (bankchannel_cancel_new(&cancel, &error) != BANKCHANNEL_STATUS_OK) return 1;
        if (bankchannel_call_options_init(&options, sizeof options, &error) != BANKCHANNEL_STATUS_OK) return 1;
        refused(bankchannel_call(client, BANKCHANNEL_TEXT("no.such"), BANKCHANNEL_TEXT("{}"), NULL, &json, &content, &error), &error, "operation");
        refused(bankchannel_call(client, BANKCHANNEL_TEXT("ws_channel.init_login"), BANKCHANNEL_TEXT(torn), NULL, &json, &content, &error), &error, "not UTF-8");
        refused(bankchannel_call(client, BANKCHANNEL_TEXT("ws_channel.init_login"), BANKCHANNEL_TEXT(request), NULL, &json, NULL, &error), &error, "connect");
        refused(bankchannel_call(client, BANKCHANNEL_TEXT("ws_channel.download_file"), BANKCHANNEL_TEXT(request), NULL, &json, NULL, &error), &error, "no place for content");
        options.content_kind = BANKCHANNEL_CONTENT_BYTES;
        options.content = "some bytes";
        options.content_size = 10;
        refused(bankchannel_call(client, BANKCHANNEL_TEXT("ws_channel.init_login"), BANKCHANNEL_TEXT(request), &options, &json, &content, &error), &error, "content");
        options.content_kind = 77;
        refused(bankchannel_call(client, BANKCHANNEL_TEXT("ws_channel.init_login"), BANKCHANNEL_TEXT(request), &options, &json, &content, &error), &error, "kind");
        options.content_kind = BANKCHANNEL_CONTENT_DEFAULT;
        options.log = 1;
        options.cancel = cancel;

        /* One that is resumed wrongly, rightly, and once too often. */
        if (bankchannel_call_begin(client, BANKCHANNEL_TEXT("ws_channel.init_login"), BANKCHANNEL_TEXT(request), &options, &call, &error) != BANKCHANNEL_STATUS_OK) return 1;
        refused(bankchannel_call_resume(call, 9, NULL, 0, &json, &content, &error), &error, "reply");
        refused(bankchannel_call_resume(call, BANKCHANNEL_REPLY_ANSWER, "x", 1, &json, &content, &error), &error, "answer");
        refused(bankchannel_call_resume(call, BANKCHANNEL_REPLY_GO, NULL, 0, &json, &content, &error), &error, "connect");
        refused(bankchannel_call_resume(call, BANKCHANNEL_REPLY_GO, NULL, 0, &json, &content, &error), &error, "ended");
        if (bankchannel_call_log(call, &json, &error) != BANKCHANNEL_STATUS_OK) return 1;
        bankchannel_bytes_free(&json);
        bankchannel_bytes_free(&json);
        bankchannel_call_free(call);

        /* Ones that are freed before they have started, and while they run. */
        if (bankchannel_call_begin(client, BANKCHANNEL_TEXT("ws_channel.log_in"), BANKCHANNEL_TEXT("{}"), &options, &call, &error) != BANKCHANNEL_STATUS_OK) return 1;
        bankchannel_call_free(call);
        if (bankchannel_cancel_now(cancel, &error) != BANKCHANNEL_STATUS_OK) return 1;
        if (bankchannel_call_begin(client, BANKCHANNEL_TEXT("ws_channel.init_login"), BANKCHANNEL_TEXT(request), &options, &call, &error) != BANKCHANNEL_STATUS_OK) return 1;
        refused(bankchannel_call_resume(call, BANKCHANNEL_REPLY_GO, NULL, 0, &json, &content, &error), &error, "cancelled");
        bankchannel_cancel_free(cancel);
        bankchannel_call_free(call);
        bankchannel_client_free(client);
        client = NULL;
    }
    if (bankchannel_catalogue(&json, NULL) != BANKCHANNEL_STATUS_OK) return 1;
    bankchannel_bytes_free(&json);
    bankchannel_bytes_free(NULL);
    bankchannel_error_free(NULL);
    bankchannel_client_free(NULL);
    bankchannel_call_free(NULL);
    bankchannel_cancel_free(NULL);
    bankchannel_server_free(NULL);
    return faults == 0 ? 0 : 1;
}
