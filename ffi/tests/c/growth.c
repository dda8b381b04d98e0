/*
 * Memory of the library while the same calls are repeated: after the first tenth it must not grow.
 *
 *   growth CALLS      such as 1000000; prints the resident memory after a tenth and at the end, in KiB
 *
 * A round is a successful call of an operation that only computes, by each of the functions for that, and every tenth
 * round also failing ones, whose errors are freed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bankchannel.h>

/* Resident memory of this process, in KiB. */
static long resident_kib(void) {
    char line[256];
    long kib = -1;
    FILE *file = fopen("/proc/self/status", "r");
    if (file == NULL) return -1;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "VmRSS: %ld kB", &kib) == 1) break;
    }
    fclose(file);
    return kib;
}

static BankchannelStatus once(const char *name, const char *request) {
    BankchannelBytes json = {NULL, 0, NULL}, content = {NULL, 0, NULL};
    BankchannelError *error = NULL;
    char buffer[64];
    BankchannelAnswer answer = {buffer, sizeof buffer, {NULL, 0, NULL}, NULL};
    BankchannelStatus status = bankchannel_local(BANKCHANNEL_TEXT(name), BANKCHANNEL_TEXT(request), NULL, &json, &content, &error);
    bankchannel_bytes_free(&json);
    bankchannel_bytes_free(&content);
    bankchannel_error_free(error);
    if ((bankchannel_compute(NULL, BANKCHANNEL_TEXT(name), BANKCHANNEL_TEXT(request), &answer) == NULL) == (status == BANKCHANNEL_STATUS_OK)) {
        return BANKCHANNEL_STATUS_MISUSE;
    }
    bankchannel_error_free(answer.error);
    return status;
}

int main(int count, char **given) {
    const char *name = "ws_channel.totp_code";
    const char *request = "{\"secret\":\"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\"}", *wrong = "{\"secret\":\"no base32\",\"colour\":\"red\"}";
    long calls = count == 2 ? strtol(given[1], NULL, 10) : 0, at, early = 0, late;
    if (calls < 10) {
        fprintf(stderr, "usage: %s CALLS\n", given[0]);
        return 2;
    }
    for (at = 0; at < calls; at++) {
        if (once(name, request) != BANKCHANNEL_STATUS_OK) return 1;
        if (at % 10 == 0 && once(name, wrong) != BANKCHANNEL_STATUS_ERROR) return 1;
        if (at == calls / 10) early = resident_kib();
    }
    late = resident_kib();
    if (early <= 0 || late <= 0) return 1;
    printf("after %ld calls %ld KiB, after %ld calls %ld KiB, growth %ld KiB\n", calls / 10, early, calls, late, late - early);
    return 0;
}
