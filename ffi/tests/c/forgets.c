/* Forgets to free an error: valgrind must find it with the package's suppressions. */
#include <bankchannel.h>
#include <stdio.h>

int main(void) {
    BankchannelClient *client = NULL;
    BankchannelError *error = NULL;
    BankchannelBytes json = {NULL, 0, NULL};
    /* No server listens there: the library's threads have something to do. */
    const char *settings = "{\"protocol\": \"ws-channel\", \"base_url\": \"http://127.0.0.1:9/v2\", \"retries\": 0,"
                           " \"api_key\": \"example-api-key-0123456789\", \"id_token\": \"t\", \"mode\": \"data\", \"bank\": \"simulator\"}";
    bankchannel_client_new(BANKCHANNEL_TEXT(settings), &client, &error);
    if (error != NULL) return 1;
    const char *name = "ws_channel.list_files";
    bankchannel_call(client, BANKCHANNEL_TEXT(name), BANKCHANNEL_TEXT("{}"), NULL, &json, NULL, &error);
    if (error == NULL) return 1;
    printf("%s\n", bankchannel_error_code(error));
    error = NULL;
    bankchannel_bytes_free(&json);
    bankchannel_client_free(client);
    return 0;
}
