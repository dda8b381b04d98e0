#define FFI_SCOPE "bankchannel"
#define FFI_LIB "libbankchannel.so.1"
enum { BANKCHANNEL_ABI_VERSION = 1 };
enum BankchannelStatus
 {
    BANKCHANNEL_STATUS_OK = 0,
    BANKCHANNEL_STATUS_ERROR = 1,
    BANKCHANNEL_STATUS_MISUSE = 2,
    BANKCHANNEL_STATUS_ASK = 3,
    BANKCHANNEL_STATUS_WANT_PIECE = 4,
    BANKCHANNEL_STATUS_PIECE = 5,
    BANKCHANNEL_STATUS_PROGRESS = 6,
    BANKCHANNEL_STATUS_EXCHANGE = 7,
};
typedef uint32_t BankchannelStatus;
enum BankchannelCategory
 {
    BANKCHANNEL_CATEGORY_NONE = 0,
    BANKCHANNEL_CATEGORY_INVALID_INPUT = 1,
    BANKCHANNEL_CATEGORY_CONFIGURATION = 2,
    BANKCHANNEL_CATEGORY_TRANSPORT = 3,
    BANKCHANNEL_CATEGORY_TIMED_OUT = 4,
    BANKCHANNEL_CATEGORY_CANCELLED = 5,
    BANKCHANNEL_CATEGORY_AUTHENTICATION = 6,
    BANKCHANNEL_CATEGORY_PERMISSION = 7,
    BANKCHANNEL_CATEGORY_SIGNATURE = 8,
    BANKCHANNEL_CATEGORY_PEER_PROTOCOL = 9,
    BANKCHANNEL_CATEGORY_PEER_REFUSED = 10,
    BANKCHANNEL_CATEGORY_RATE_LIMITED = 11,
    BANKCHANNEL_CATEGORY_NOT_SUPPORTED = 12,
    BANKCHANNEL_CATEGORY_CONFLICT = 13,
    BANKCHANNEL_CATEGORY_RESOURCE_EXHAUSTED = 14,
    BANKCHANNEL_CATEGORY_INTERNAL = 15,
    BANKCHANNEL_CATEGORY_PEER_FAILED = 16,
};
typedef uint32_t BankchannelCategory;
enum BankchannelReply
 {
    BANKCHANNEL_REPLY_GO = 0,
    BANKCHANNEL_REPLY_ANSWER = 1,
    BANKCHANNEL_REPLY_PIECE = 2,
    BANKCHANNEL_REPLY_END = 3,
    BANKCHANNEL_REPLY_FAIL = 4,
};
typedef uint32_t BankchannelReply;
enum BankchannelContent
 {
    BANKCHANNEL_CONTENT_DEFAULT = 0,
    BANKCHANNEL_CONTENT_BYTES = 1,
    BANKCHANNEL_CONTENT_PATH = 2,
    BANKCHANNEL_CONTENT_REPLACE = 3,
    BANKCHANNEL_CONTENT_PIECES = 4,
};
typedef uint32_t BankchannelContent;
typedef struct BankchannelCall BankchannelCall;
typedef struct BankchannelCancel BankchannelCancel;
typedef struct BankchannelClient BankchannelClient;
typedef struct BankchannelError BankchannelError;
typedef struct BankchannelOwner BankchannelOwner;
typedef struct BankchannelServer BankchannelServer;
typedef struct {
    char *data;
    size_t size;
    BankchannelOwner *owner;
} BankchannelBytes;
typedef struct {
    size_t size;
    int64_t timeout_ms;
    const BankchannelCancel *cancel;
    uint32_t content_kind;
    uint32_t destination_kind;
    char *content;
    size_t content_size;
    char *destination;
    size_t destination_size;
    uint32_t log;
    uint32_t progress;
    char *request_id;
    size_t request_id_size;
    int32_t retries;
    uint32_t with_response;
    uint32_t hooks;
    uint32_t reserved;
    char *traceparent;
    size_t traceparent_size;
} BankchannelCallOptions;
typedef struct {
    char *buffer;
    size_t buffer_size;
    BankchannelBytes json;
    BankchannelError *error;
} BankchannelAnswer;
uint32_t bankchannel_abi_version(void);
const char *bankchannel_version(void);
BankchannelStatus bankchannel_catalogue(BankchannelBytes *json, BankchannelError **error);
void bankchannel_bytes_free(BankchannelBytes *bytes);
const char *bankchannel_error_code(const BankchannelError *error);
BankchannelCategory bankchannel_error_category(const BankchannelError *error);
const char *bankchannel_error_message(const BankchannelError *error);
const char *bankchannel_error_json(const BankchannelError *error);
void bankchannel_error_free(BankchannelError *error);
BankchannelStatus bankchannel_cancel_new(BankchannelCancel **cancel, BankchannelError **error);
BankchannelStatus bankchannel_cancel_now(const BankchannelCancel *cancel,
                                         BankchannelError **error);
void bankchannel_cancel_free(BankchannelCancel *cancel);
BankchannelStatus bankchannel_call_options_init(BankchannelCallOptions *options,
                                                size_t size,
                                                BankchannelError **error);
BankchannelStatus bankchannel_client_new(const char *settings,
                                         size_t settings_size,
                                         BankchannelClient **client,
                                         BankchannelError **error);
void bankchannel_client_free(BankchannelClient *client);
BankchannelStatus bankchannel_call(const BankchannelClient *client,
                                   const char *name,
                                   size_t name_size,
                                   const char *request,
                                   size_t request_size,
                                   const BankchannelCallOptions *options,
                                   BankchannelBytes *json,
                                   BankchannelBytes *content,
                                   BankchannelError **error);
BankchannelStatus bankchannel_local(const char *name,
                                    size_t name_size,
                                    const char *request,
                                    size_t request_size,
                                    const BankchannelCallOptions *options,
                                    BankchannelBytes *json,
                                    BankchannelBytes *content,
                                    BankchannelError **error);
BankchannelStatus bankchannel_call_begin(const BankchannelClient *client,
                                         const char *name,
                                         size_t name_size,
                                         const char *request,
                                         size_t request_size,
                                         const BankchannelCallOptions *options,
                                         BankchannelCall **call,
                                         BankchannelError **error);
BankchannelStatus bankchannel_call_resume(BankchannelCall *call,
                                          uint32_t reply,
                                          const char *data,
                                          size_t data_size,
                                          BankchannelBytes *json,
                                          BankchannelBytes *content,
                                          BankchannelError **error);
void bankchannel_call_free(BankchannelCall *call);
const char *bankchannel_compute(const BankchannelClient *client,
                                const char *name,
                                size_t name_size,
                                const char *request,
                                size_t request_size,
                                BankchannelAnswer *answer);
BankchannelStatus bankchannel_call_log(BankchannelCall *call,
                                       BankchannelBytes *json,
                                       BankchannelError **error);
BankchannelStatus bankchannel_server_start(const char *kind,
                                           size_t kind_size,
                                           const char *options,
                                           size_t options_size,
                                           BankchannelServer **server,
                                           BankchannelError **error);
BankchannelStatus bankchannel_server_info(const BankchannelServer *server,
                                          BankchannelBytes *json,
                                          BankchannelError **error);
BankchannelStatus bankchannel_server_control(const BankchannelServer *server,
                                             const char *order,
                                             size_t order_size,
                                             const char *request,
                                             size_t request_size,
                                             BankchannelBytes *json,
                                             BankchannelError **error);
BankchannelStatus bankchannel_server_stop(BankchannelServer *server, BankchannelError **error);
void bankchannel_server_free(BankchannelServer *server);
BankchannelStatus bankchannel_command(const char *const *arguments,
                                      size_t count,
                                      int32_t *exit_code,
                                      BankchannelError **error);
