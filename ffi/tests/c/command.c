/*
 * The command line in a C program: command ARGUMENT… runs it and ends with its exit code. It has a handler of SIGINT and lets
 * SIGPIPE end it, as programs do that know nothing of the command. With TWICE in the environment it asks for another run.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <bankchannel.h>

static void interrupted(int number) {
    (void)number;
    abort();
}

int main(int argc, char **argv) {
    const char *const *arguments = (const char *const *)argv;
    int32_t code = -1;
    BankchannelError *error = NULL;
    signal(SIGINT, interrupted);
    if (bankchannel_command(arguments, (size_t)argc, &code, &error) != BANKCHANNEL_STATUS_OK) {
        fprintf(stderr, "%s\n", bankchannel_error_message(error));
        return 70;
    }
    if (getenv("TWICE")) {
        int32_t unchanged = -1;
        if (bankchannel_command(arguments, (size_t)argc, &unchanged, &error) != BANKCHANNEL_STATUS_MISUSE) return 71;
        fprintf(stderr, "%s\n", bankchannel_error_message(error));
        bankchannel_error_free(error);
        if (unchanged != -1) return 72;
    }
    return code;
}
