/*
 * Uploads files at once, each on a thread of its own with one client, and prints each upload's response as a line: its
 * id, a tab, the JSON. See tests/uploads_at_once.rs.
 *
 *   uploads SETTINGS.json REQUEST.json ID PATH [ID PATH]...
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bankchannel.h>
#include <bankchannel_operations.h>

struct upload {
    const BankchannelClient *client;
    const char *request;
    const char *id;
    const char *path;
};

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);
    if (file == NULL || text == NULL) {
        perror(path);
        exit(2);
    }
    if (fread(text, 1, (1 << 20) - 1, file) == 0) exit(2);
    fclose(file);
    return text;
}

static void *run(void *given) {
    struct upload *upload = given;
    BankchannelBytes response = {NULL, 0, NULL};
    BankchannelError *error = NULL;
    BankchannelCallOptions options;
    bankchannel_call_options_init(&options, sizeof options, NULL);
    options.content_kind = BANKCHANNEL_CONTENT_PATH;
    options.content = upload->path;
    options.content_size = strlen(upload->path);
    if (bankchannel_call(upload->client, BANKCHANNEL_TEXT(BANKCHANNEL_OP_WS_CHANNEL_UPLOAD_AND_WAIT),
                         BANKCHANNEL_TEXT(upload->request), &options, &response, NULL, &error) == BANKCHANNEL_STATUS_OK) {
        printf("%s\t%.*s\n", upload->id, (int)response.size, response.data);
    } else {
        fprintf(stderr, "%s: %s\n", upload->id, bankchannel_error_json(error));
        exit(1);
    }
    bankchannel_bytes_free(&response);
    return NULL;
}

int main(int count, char **given) {
    BankchannelClient *client = NULL;
    BankchannelError *error = NULL;
    int uploads = (count - 3) / 2, at;
    pthread_t *threads = calloc((size_t)uploads, sizeof *threads);
    struct upload *all = calloc((size_t)uploads, sizeof *all);
    char *settings = read_file(given[1]), *request = read_file(given[2]);
    if (bankchannel_client_new(BANKCHANNEL_TEXT(settings), &client, &error) != BANKCHANNEL_STATUS_OK) {
        fprintf(stderr, "%s\n", bankchannel_error_json(error));
        return 1;
    }
    for (at = 0; at < uploads; at++) {
        all[at].client = client;
        all[at].request = request;
        all[at].id = given[3 + 2 * at];
        all[at].path = given[4 + 2 * at];
        if (pthread_create(&threads[at], NULL, run, &all[at]) != 0) return 2;
    }
    for (at = 0; at < uploads; at++) pthread_join(threads[at], NULL);
    bankchannel_client_free(client);
    free(threads);
    free(all);
    free(settings);
    free(request);
    return 0;
}
