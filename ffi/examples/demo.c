/*
 * The whole process once, in this program and without a real bank: starts a service with its simulator bank, registers
 * an account, logs in, enrols a certificate, makes a PGP key, sends a payment and shows the bank's answer and the
 * account statement. It does the same as `bankchannel demo`. Nothing leaves the machine, and nothing stays on it.
 *
 *   cc -std=c99 demo.c $(pkg-config --cflags --libs bankchannel) -o demo
 *   ./demo pain.001.001.09.xml
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bankchannel.h>
#include <bankchannel_operations.h>

#include "json.h"

/* Instead of random codes by SMS and mail, the service always uses this code: for programs that run unattended. */
#define CODE "123456"

static BankchannelServer *server = NULL;

/* The first error ends the program, and the service with it. */
static void give_up(const char *what, BankchannelError *error) {
    fprintf(stderr, "%s: %s: %s\n", what, bankchannel_error_code(error), bankchannel_error_message(error));
    bankchannel_error_free(error);
    if (server != NULL) bankchannel_server_stop(server, NULL);
    bankchannel_server_free(server);
    exit(1);
}

/* A copy that ends with NUL, for C; the library's bytes are freed. */
static char *taken(BankchannelBytes *bytes) {
    char *text = json_memory(bytes->size + 1);
    if (bytes->size > 0) memcpy(text, bytes->data, bytes->size);
    text[bytes->size] = '\0';
    bankchannel_bytes_free(bytes);
    return text;
}

/* A required text of a response. The caller frees it. */
static char *member(const char *json, const char *name) {
    char *text = json_get(BANKCHANNEL_TEXT(json), name);
    if (text == NULL) {
        fprintf(stderr, "there is no %s in %s\n", name, json);
        exit(1);
    }
    return text;
}

/* 1: a service in this process, on a free local port, its data in a temporary folder. Returns its addresses. */
static char *start_service(void) {
    const char *options = "{\"verification_code\":\"" CODE "\"}";
    BankchannelError *error = NULL;
    BankchannelBytes info = {NULL, 0, NULL};
    if (bankchannel_server_start(BANKCHANNEL_TEXT("ws-channel"), BANKCHANNEL_TEXT(options), &server, &error) != BANKCHANNEL_STATUS_OK ||
        bankchannel_server_info(server, &info, &error) != BANKCHANNEL_STATUS_OK) {
        give_up("the service", error);
    }
    return taken(&info);
}

/* An account has two users: `admin` manages keys and certificates, `data` sends and fetches files. Each gets a client. */
static BankchannelClient *client_of(const char *service, const char *mode, const char *api_key) {
    BankchannelClient *client = NULL;
    BankchannelError *error = NULL;
    char *base_url = member(service, "base_url"), *public_key_file = member(service, "public_key_file");
    char *settings = json_text(
        "{\"base_url\":%s,\"public_key_file\":%s,\"mode\":%s,\"api_key\":%s,\"bank\":\"simulator\","
        "\"email\":\"eve@example.test\",\"name\":\"Eve Example\",\"company\":\"Example Oy\",\"phone\":\"+358401234567\","
        "\"password\":\"Correct-Horse-Battery-9!\"}",
        base_url, public_key_file, mode, api_key);
    if (bankchannel_client_new(BANKCHANNEL_TEXT(settings), &client, &error) != BANKCHANNEL_STATUS_OK) give_up(mode, error);
    free(base_url);
    free(public_key_file);
    free(settings);
    return client;
}

/* Runs an operation and returns its response as JSON; each question is answered with the code. */
static char *call(const BankchannelClient *client, const char *name, const char *request, const char *content_path) {
    BankchannelCall *running = NULL;
    BankchannelError *error = NULL;
    BankchannelBytes json = {NULL, 0, NULL}, content = {NULL, 0, NULL};
    BankchannelCallOptions options;
    BankchannelStatus status;
    uint32_t reply = BANKCHANNEL_REPLY_GO;
    bankchannel_call_options_init(&options, sizeof options, NULL);
    if (content_path != NULL) {
        options.content_kind = BANKCHANNEL_CONTENT_PATH;
        options.content = content_path;
        options.content_size = strlen(content_path);
    }
    status = bankchannel_call_begin(client, BANKCHANNEL_TEXT(name), BANKCHANNEL_TEXT(request), &options, &running, &error);
    if (status == BANKCHANNEL_STATUS_OK) {
        while ((status = bankchannel_call_resume(running, reply, BANKCHANNEL_TEXT(CODE), &json, &content, &error)) == BANKCHANNEL_STATUS_ASK) {
            bankchannel_bytes_free(&json);
            reply = BANKCHANNEL_REPLY_ANSWER;
        }
        bankchannel_call_free(running);
    }
    if (status != BANKCHANNEL_STATUS_OK) give_up(name, error);
    bankchannel_bytes_free(&content);
    return taken(&json);
}

/* Makes a key pair: this operation only computes and needs no client. */
static char *make_pgp_key(void) {
    const char *name = BANKCHANNEL_OP_WS_CHANNEL_GENERATE_KEY;
    const char *request = "{\"name\":\"Eve Example\",\"email\":\"eve@example.test\"}";
    BankchannelError *error = NULL;
    BankchannelBytes json = {NULL, 0, NULL}, content = {NULL, 0, NULL};
    if (bankchannel_local(BANKCHANNEL_TEXT(name), BANKCHANNEL_TEXT(request), NULL, &json, &content, &error) != BANKCHANNEL_STATUS_OK) {
        give_up(name, error);
    }
    return taken(&json);
}

/* Downloads a file made by the bank, into memory, and prints it. */
static void show_file(const BankchannelClient *client, const char *file_type, const char *reference) {
    const char *name = BANKCHANNEL_OP_WS_CHANNEL_DOWNLOAD_FILE;
    char *request = json_text("{\"file_type\":%s,\"file_reference\":%s}", file_type, reference);
    BankchannelError *error = NULL;
    BankchannelBytes json = {NULL, 0, NULL}, content = {NULL, 0, NULL};
    /* A call that asks nothing can be made in one step. */
    if (bankchannel_call(client, BANKCHANNEL_TEXT(name), BANKCHANNEL_TEXT(request), NULL, &json, &content, &error) != BANKCHANNEL_STATUS_OK) {
        give_up(name, error);
    }
    printf("--- %s, %lu bytes\n%.*s\n", file_type, (unsigned long)content.size, (int)content.size, content.data);
    bankchannel_bytes_free(&json);
    bankchannel_bytes_free(&content);
    free(request);
}

int main(int count, char **given) {
    char *service, *response, *api_key, *keys, *public_key, *private_key, *request, *listed, *file_type, *reference;
    BankchannelClient *admin, *data;
    const char *at;
    if (count != 2) {
        fprintf(stderr, "usage: %s PAYMENT (a pain.001.001.09 file)\n", given[0]);
        return 2;
    }
    service = start_service();

    /* The first user gets the account's API key ("0" requests one), which the second one then uses. */
    admin = client_of(service, "admin", "0");
    response = call(admin, BANKCHANNEL_OP_WS_CHANNEL_REGISTER_ACCOUNT, "{}", NULL);
    api_key = member(response, "api_key");
    free(response);
    /* The first login also verifies phone and mail address; its questions are answered in `call`. */
    free(call(admin, BANKCHANNEL_OP_WS_CHANNEL_LOG_IN, "{}", NULL));
    data = client_of(service, "data", api_key);
    free(call(data, BANKCHANNEL_OP_WS_CHANNEL_REGISTER_ACCOUNT, "{}", NULL));
    free(call(data, BANKCHANNEL_OP_WS_CHANNEL_LOG_IN, "{}", NULL));
    printf("registered and logged in\n");

    /* A bank's PIN and user id come with the contract; the simulator accepts any with this form. */
    free(call(admin, BANKCHANNEL_OP_WS_CHANNEL_ENROLL_CERT,
              "{\"code\":\"SIM-00112233445566778899aabb\",\"ws_user_id\":\"SIM-001122334455\"}", NULL));
    keys = make_pgp_key();
    public_key = member(keys, "public_key");
    private_key = member(keys, "private_key");
    request = json_text("{\"pgp_key\":%s,\"pgp_key_purpose\":\"authorize\"}", public_key);
    free(call(admin, BANKCHANNEL_OP_WS_CHANNEL_UPLOAD_KEY, request, NULL));
    free(request);
    printf("certificate enrolled, PGP key registered\n");

    /* Signs, sends, and waits until the bank has answered with its report and a statement. */
    request = json_text("{\"file_type\":\"pain.001.001.09\",\"private_key\":%s,"
                        "\"wait_for\":[\"pain.002.001.10\",\"camt.053.001.02\"],\"poll_interval_s\":0.1}", private_key);
    free(call(data, BANKCHANNEL_OP_WS_CHANNEL_UPLOAD_AND_WAIT, request, given[1]));
    free(request);
    printf("payment sent, and answered\n");

    listed = call(data, BANKCHANNEL_OP_WS_CHANNEL_LIST_FILES, "{}", NULL);
    at = listed;
    while ((reference = json_next(&at, listed + strlen(listed), "file_reference")) != NULL) {
        file_type = member(at, "file_type"); /* Of the same file: members keep their order. */
        show_file(data, file_type, reference);
        free(file_type);
        free(reference);
    }

    free(listed);
    free(public_key);
    free(private_key);
    free(keys);
    free(api_key);
    free(service);
    bankchannel_client_free(admin);
    bankchannel_client_free(data);
    bankchannel_server_stop(server, NULL);
    bankchannel_server_free(server);
    return 0;
}
