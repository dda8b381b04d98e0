/*
 * A peer that closes the connection in the middle of an upload: the result must be an error with an outcome, not the
 * end of the program. A write to such a connection raises SIGPIPE, whose default action ends the process; the library's
 * threads block it, and the program's own signals are unchanged.
 *
 *   hangup SETTINGS REQUEST ROUNDS      uploads 7 MiB as often; prints an error's code and outcome for each, then `ok`
 */

#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bankchannel.h>
#include <bankchannel_operations.h>

#include "json.h"

enum { SIZE = 7 << 20 };

/* A line of a thread's file in /proc, without its line end; the text after `start`. False if there is none. */
static int read_line(const char *thread, const char *file, const char *start, char *line, size_t room) {
    char path[512];
    FILE *opened;
    int found = 0;
    snprintf(path, sizeof path, "/proc/self/task/%s/%s", thread, file);
    opened = fopen(path, "r");
    if (opened == NULL) return 0;
    while (!found && fgets(line, (int)room, opened) != NULL) found = strncmp(line, start, strlen(start)) == 0;
    fclose(opened);
    if (!found) return 0;
    memmove(line, line + strlen(start), strlen(line + strlen(start)) + 1);
    line[strcspn(line, "\n")] = '\0';
    return 1;
}

/* The number of the library's threads, and how many of them block SIGPIPE. */
static void count_threads(int *all, int *blocking) {
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *task;
    char line[256];
    *all = *blocking = 0;
    while (tasks != NULL && (task = readdir(tasks)) != NULL) {
        if (!read_line(task->d_name, "comm", "", line, sizeof line) || strcmp(line, "bankchannel") != 0) continue;
        ++*all;
        if (!read_line(task->d_name, "status", "SigBlk:", line, sizeof line)) continue;
        *blocking += (strtoull(line, NULL, 16) >> (SIGPIPE - 1) & 1) != 0;
    }
    if (tasks != NULL) closedir(tasks);
}

/* Uploads, which must fail; false if it does not, or gives no outcome. */
static int upload(const BankchannelClient *client, const char *request, const char *content) {
    const char *name = BANKCHANNEL_OP_WS_CHANNEL_UPLOAD_FILE, *whole;
    BankchannelBytes json = {NULL, 0, NULL}, given = {NULL, 0, NULL};
    BankchannelError *error = NULL;
    BankchannelCallOptions options;
    char *outcome;
    int told;
    bankchannel_call_options_init(&options, sizeof options, NULL);
    options.content_kind = BANKCHANNEL_CONTENT_BYTES;
    options.content = content;
    options.content_size = SIZE;
    if (bankchannel_call(client, BANKCHANNEL_TEXT(name), BANKCHANNEL_TEXT(request), &options, &json, &given, &error) != BANKCHANNEL_STATUS_ERROR) return 0;
    whole = bankchannel_error_json(error);
    outcome = json_get(BANKCHANNEL_TEXT(whole), "outcome");
    told = outcome != NULL;
    printf("%s %s\n", bankchannel_error_code(error), told ? outcome : "none");
    free(outcome);
    bankchannel_error_free(error);
    return told;
}

int main(int count, char **given) {
    BankchannelClient *client = NULL;
    BankchannelError *error = NULL;
    char *content = calloc(SIZE, 1);
    sigset_t blocked;
    int all, blocking;
    long round;
    if (count != 4 || content == NULL) return 2;
    /* Undoes the setting of a parent program. */
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGPIPE);
    sigprocmask(SIG_UNBLOCK, &blocked, NULL);
    memset(content, 'x', SIZE);
    if (bankchannel_client_new(BANKCHANNEL_TEXT(given[1]), &client, &error) != BANKCHANNEL_STATUS_OK) {
        fprintf(stderr, "%s\n", bankchannel_error_message(error));
        bankchannel_error_free(error);
        return 2;
    }
    for (round = strtol(given[3], NULL, 10); round > 0; round--) {
        if (!upload(client, given[2], content)) return 1;
    }
    sigemptyset(&blocked);
    if (sigprocmask(SIG_BLOCK, NULL, &blocked) != 0 || sigismember(&blocked, SIGPIPE) != 0) {
        fprintf(stderr, "the program's own thread blocks SIGPIPE\n");
        return 1;
    }
    count_threads(&all, &blocking);
    if (all == 0 || blocking != all) {
        fprintf(stderr, "%d of %d threads of the library block SIGPIPE\n", blocking, all);
        return 1;
    }
    bankchannel_client_free(client);
    free(content);
    puts("ok");
    return 0;
}
