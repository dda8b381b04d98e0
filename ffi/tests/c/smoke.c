/* The shortest proof that the library is installed and works: its versions, and an operation that only computes. */

#include <stdio.h>
#include <string.h>

#include <bankchannel.h>
#include <bankchannel_operations.h>

int main(void) {
    const char *name = BANKCHANNEL_OP_WS_CHANNEL_GENERATE_KEY;
    const char *request = "{\"name\":\"A Person\",\"email\":\"person@example.test\"}";
    BankchannelBytes json = {NULL, 0, NULL};
    BankchannelError *error = NULL;
    BankchannelStatus status;
    if (bankchannel_abi_version() != BANKCHANNEL_ABI_VERSION) return 1;
    status = bankchannel_local(BANKCHANNEL_TEXT(name), BANKCHANNEL_TEXT(request), NULL, &json, NULL, &error);
    if (status != BANKCHANNEL_STATUS_OK || json.size == 0) return 1;
    bankchannel_bytes_free(&json);
    printf("bankchannel %s works\n", bankchannel_version());
    return 0;
}
