/*
 * Sends a payment file to a bank by SEPA Web Services, straight and signed with the customer's certificate, and fetches
 * what is new there. The bank is the sandbox OP, in this process.
 *
 *   cc -std=c99 sepa.c $(pkg-config --cflags --libs bankchannel) -o sepa
 *   ./sepa payment.xml answers
 *
 * With a real bank there is no server to start, and the settings name the bank, the customer, its certificate and key:
 *
 *   {"protocol": "sepa-web-services", "bank": "op", "customer_id": "1000000000", "certificate_file": "op/certificate.pem",
 *    "private_key_file": "op/key.pem", "passphrase": {"file": "/etc/bankchannel/passphrase"}}
 *
 * Exit code 0: sent, and the new files are in the folder. 1: refused, or not sent. 3: the file was accepted, or may have
 * been: look for the bank's answer before you send it again.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bankchannel.h>
#include <bankchannel_operations.h>

#include "json.h"

enum { DONE = 0, NOT_SENT = 1, USAGE = 2, LOOK_FIRST = 3 };

/* Shows an error, and returns the program's exit code. */
static int failed(const char *what, BankchannelError *error) {
    const char *json = bankchannel_error_json(error);
    char *outcome = json_get(BANKCHANNEL_TEXT(json), "outcome");
    /* Without an outcome only invalid input was never sent. */
    int is_safe = outcome == NULL ? bankchannel_error_category(error) == BANKCHANNEL_CATEGORY_INVALID_INPUT
                                  : strcmp(outcome, "not_sent") == 0 || strcmp(outcome, "refused") == 0;
    fprintf(stderr, "%s: %s: %s\n", what, bankchannel_error_code(error), bankchannel_error_message(error));
    free(outcome);
    bankchannel_error_free(error);
    return is_safe ? NOT_SENT : LOOK_FIRST;
}

/* The settings of a client of the sandbox's OP. They stand in the server's information, under "clients" and the bank. */
static char *settings_of(const BankchannelBytes *info) {
    static const char *const names[] = {"bank", "file_url", "trusted_file", "customer_id", "certificate_file", "private_key_file"};
    char *members[6], *settings;
    const char *at = info->data, *end = at + info->size, *own = "\"op\":{";
    size_t index, length = strlen(own);
    for (at = info->data; end - at > (long)length && strncmp(at, "\"clients\":", 10) != 0;) at++;
    while (end - at > (long)length && strncmp(at, own, length) != 0) at++;
    for (index = 0; index < 6; index++) {
        members[index] = json_get(at, (size_t)(end - at), names[index]);
        if (members[index] == NULL) {
            fprintf(stderr, "the server does not say its %s\n", names[index]);
            exit(NOT_SENT);
        }
    }
    settings = json_text("{\"protocol\":\"sepa-web-services\",\"bank\":%s,\"file_url\":%s,\"trusted_file\":%s,\"customer_id\":%s,"
                         "\"certificate_file\":%s,\"private_key_file\":%s}",
                         members[0], members[1], members[2], members[3], members[4], members[5]);
    for (index = 0; index < 6; index++) free(members[index]);
    return settings;
}

/* Sends the file. Its bytes are never in the JSON: they are passed separately, here as a path. */
static int send_file(const BankchannelClient *client, const char *path) {
    const char *name = BANKCHANNEL_OP_SEPA_WEB_SERVICES_UPLOAD_FILE, *request = "{\"file_type\":\"pain.001.001.09\"}";
    BankchannelBytes response = {NULL, 0, NULL};
    BankchannelError *error = NULL;
    BankchannelCallOptions options;
    char *code;
    bankchannel_call_options_init(&options, sizeof options, NULL);
    options.content_kind = BANKCHANNEL_CONTENT_PATH;
    options.content = path;
    options.content_size = strlen(path);
    if (bankchannel_call(client, BANKCHANNEL_TEXT(name), BANKCHANNEL_TEXT(request), &options, &response, NULL, &error) != BANKCHANNEL_STATUS_OK) {
        return failed(path, error);
    }
    code = json_get(response.data, response.size, "response_code");
    printf("sent: the bank answers %s\n", code == NULL ? "?" : code);
    free(code);
    bankchannel_bytes_free(&response);
    return DONE;
}

/* Fetches every new file once; a file that fails does not stop the others. */
static int fetch_files(const BankchannelClient *client, const char *folder) {
    const char *name = BANKCHANNEL_OP_SEPA_WEB_SERVICES_DOWNLOAD_NEW_FILES, *at;
    char *request = json_text("{\"directory\":%s}", folder), *path;
    BankchannelBytes response = {NULL, 0, NULL};
    BankchannelError *error = NULL;
    BankchannelStatus status =
        bankchannel_call(client, BANKCHANNEL_TEXT(name), BANKCHANNEL_TEXT(request), NULL, &response, NULL, &error);
    free(request);
    if (status != BANKCHANNEL_STATUS_OK) return failed(folder, error) == DONE ? DONE : LOOK_FIRST;
    at = response.data;
    while ((path = json_next(&at, response.data + response.size, "path")) != NULL) {
        printf("fetched: %s\n", path);
        free(path);
    }
    bankchannel_bytes_free(&response);
    return DONE;
}

int main(int count, char **given) {
    const char *kind = "sepa-bank", *options = "{\"plain\":true,\"control\":true}", *order = "clock", *later = "{\"advance_s\":61}";
    BankchannelServer *server = NULL;
    BankchannelClient *client = NULL;
    BankchannelError *error = NULL;
    BankchannelBytes info = {NULL, 0, NULL}, told = {NULL, 0, NULL};
    char *settings = NULL;
    int code = NOT_SENT;
    if (count != 3) {
        fprintf(stderr, "usage: %s PAYMENT (a pain.001.001.09 file) FOLDER\n", given[0]);
        return USAGE;
    }
    if (bankchannel_server_start(BANKCHANNEL_TEXT(kind), BANKCHANNEL_TEXT(options), &server, &error) == BANKCHANNEL_STATUS_OK &&
        bankchannel_server_info(server, &info, &error) == BANKCHANNEL_STATUS_OK) {
        settings = settings_of(&info);
        bankchannel_client_new(BANKCHANNEL_TEXT(settings), &client, &error);
    }
    if (error != NULL) {
        code = failed("the sandbox bank", error);
        error = NULL;
    } else if ((code = send_file(client, given[1])) == DONE) {
        /* The sandbox reports on a payment after a minute of its own clock. */
        bankchannel_server_control(server, BANKCHANNEL_TEXT(order), BANKCHANNEL_TEXT(later), &told, NULL);
        code = fetch_files(client, given[2]);
    }
    free(settings);
    bankchannel_bytes_free(&info);
    bankchannel_bytes_free(&told);
    bankchannel_client_free(client);
    if (server != NULL) bankchannel_server_stop(server, NULL);
    bankchannel_server_free(server);
    return code;
}
