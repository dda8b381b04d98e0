/*
 * A bank, as called by a connector to Salt Edge: a question in JSON comes in, an answer in JSON goes out. All names and
 * amounts are invented. A real bank's database is in memory here.
 */
#ifndef EXAMPLE_BANK_H
#define EXAMPLE_BANK_H

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

typedef struct {
    const char *user_id, *login, *password, *name, *account_id;
} BankCustomer;

/* A bank does not store passwords in clear text. */
static const BankCustomer BANK_CUSTOMERS[] = {
    {"1001", "anna", "anna-password", "Anna Example", "501"},
    {"1002", "ben", "ben-password", "Ben Example", "601"},
};
enum { BANK_CUSTOMER_COUNT = sizeof BANK_CUSTOMERS / sizeof *BANK_CUSTOMERS, BANK_CODE_LIMIT = 256 };

/* Any number of threads may use it. */
typedef struct {
    const char *public_url; /* Where browsers reach the bank's page. */
    const char *codes_path; /* The file to which one-time codes are appended: a bank sends them to the customer. */
    pthread_mutex_t lock;   /* Of the codes. The newest code takes the place of the oldest. */
    struct {
        char session_id[80], code[7];
    } codes[BANK_CODE_LIMIT];
    size_t code_count;
} Bank;

/* Compares every byte: the time taken does not reveal how much of the given text is right. */
static inline bool bank_is_same(Text given, const char *right) {
    size_t size = strlen(right);
    bool differs = given.size != size;
    for (size_t at = 0; at < size && given.size > 0; at++) differs |= given.from[at % given.size] != right[at];
    return !differs;
}

/* The customer with this login and password. */
static inline const BankCustomer *bank_signed_in(Text login, Text password) {
    for (size_t at = 0; at < BANK_CUSTOMER_COUNT; at++) {
        const BankCustomer *customer = &BANK_CUSTOMERS[at];
        if (text_is(login, customer->login) && bank_is_same(password, customer->password)) return customer;
    }
    return NULL;
}

static inline const BankCustomer *bank_customer(Text user_id) {
    for (size_t at = 0; at < BANK_CUSTOMER_COUNT; at++) {
        if (text_is(user_id, BANK_CUSTOMERS[at].user_id)) return &BANK_CUSTOMERS[at];
    }
    return NULL;
}

/* Appends a code to the file, readable by its owner only, in the same kind of folder. */
static inline bool bank_send(const char *path, const char *user_id, const char *code) {
    const char *slash = strrchr(path, '/');
    char *folder = strndup(path, slash == NULL ? 0 : (size_t)(slash - path));
    if (folder != NULL) mkdir(folder, 0700); /* It may be there. */
    free(folder);
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (file < 0) return false;
    bool is_sent = dprintf(file, "{\"user_id\":\"%s\",\"code\":\"%s\"}\n", user_id, code) > 0;
    close(file);
    return is_sent;
}

/* Makes the code of a session, stores it and sends it. */
static inline bool bank_send_code(Bank *bank, Text session_id, const char *user_id) {
    unsigned long long number = 0;
    FILE *source = fopen("/dev/urandom", "rb");
    if (source == NULL) return false;
    bool is_made = fread(&number, sizeof number, 1, source) == 1;
    fclose(source);
    if (!is_made) return false;
    char code[7];
    snprintf(code, sizeof code, "%06u", (unsigned)(number % 1000000));
    pthread_mutex_lock(&bank->lock);
    size_t at = bank->code_count++ % BANK_CODE_LIMIT;
    snprintf(bank->codes[at].session_id, sizeof bank->codes[at].session_id, "%.*s", TEXT(session_id));
    memcpy(bank->codes[at].code, code, sizeof code);
    pthread_mutex_unlock(&bank->lock);
    return bank_send(bank->codes_path, user_id, code);
}

/* Whether this is the session's code. It is valid for one attempt: a wrong code ends the session. */
static inline bool bank_take_code(Bank *bank, Text session_id, Text given) {
    bool is_right = false;
    pthread_mutex_lock(&bank->lock);
    for (size_t at = 0; at < BANK_CODE_LIMIT; at++) {
        if (*bank->codes[at].code == '\0' || !text_is(session_id, bank->codes[at].session_id)) continue;
        is_right = bank_is_same(given, bank->codes[at].code);
        memset(&bank->codes[at], 0, sizeof bank->codes[at]);
    }
    pthread_mutex_unlock(&bank->lock);
    return is_right;
}

static inline bool bank_refuses(FILE *answer, const char *error_class) {
    return fprintf(answer, "{\"outcome\":\"refused\",\"error_class\":\"%s\"}", error_class) > 0;
}

static inline bool bank_approves(FILE *answer, const BankCustomer *customer) {
    return fprintf(answer, "{\"outcome\":\"approved\",\"user_id\":\"%s\"}", customer->user_id) > 0;
}

static inline bool bank_authenticates(Bank *bank, Text request, FILE *answer) {
    Text way = json_string(request, "authorization_type"), credentials = json_member(request, "credentials");
    Text session_id = json_string(request, "session_id");
    if (way.size == 0 || text_is(way, "oauth")) {
        return fprintf(answer, "{\"outcome\":\"redirect\",\"redirect_url\":\"%s/approve/%.*s\"}", bank->public_url,
                       TEXT(session_id)) > 0;
    }
    if (!text_is(way, "login_password") && !text_is(way, "login_password_sms")) {
        return bank_refuses(answer, "InvalidAuthorizationType");
    }
    Text login = json_string(credentials, "login"), password = json_string(credentials, "password");
    const BankCustomer *customer = bank_signed_in(login, password);
    if (customer == NULL) return bank_refuses(answer, "InvalidCredentials");
    if (text_is(way, "login_password")) return bank_approves(answer, customer);
    if (!bank_send_code(bank, session_id, customer->user_id)) return false;
    return fprintf(answer, "{\"outcome\":\"code_needed\",\"field\":\"sms\",\"user_id\":\"%s\","
                           "\"instruction\":\"Enter the code that was sent to you\"}", customer->user_id) > 0;
}

static inline bool bank_lists_transactions(const BankCustomer *customer, Text request, FILE *answer) {
    if (!text_is(json_string(request, "account_id"), customer->account_id)) {
        return fputs("{\"refused\":{\"error_class\":\"AccountNotFound\"}}", answer) >= 0;
    }
    /* The last day of the range, or its last instant: the first ten characters are the day. */
    Text day = json_string(request, "to_date");
    if (day.size > 10) day.size = 10;
    return fprintf(answer, "{\"transactions\":[{\"id\":\"%s-%.*s\",\"account_id\":\"%s\",\"amount\":\"2100.00\","
                           "\"currency_code\":\"EUR\",\"description\":\"Salary\",\"made_on\":\"%.*s\",\"status\":\"posted\"}]}",
                   customer->account_id, TEXT(day), customer->account_id, TEXT(day)) > 0;
}

/* Writes the answer to a question. False if the bank fails: nothing was written then. */
static inline bool bank_answer(Bank *bank, Text question, FILE *answer) {
    Text kind = json_string(question, "kind"), request = json_member(question, "request");
    const BankCustomer *customer = bank_customer(json_string(request, "user_id"));
    if (text_is(kind, "bank.authenticate")) return bank_authenticates(bank, request, answer);
    if (text_is(kind, "bank.confirm")) {
        Text code = json_string(json_member(request, "credentials"), "sms");
        bool is_right = bank_take_code(bank, json_string(request, "session_id"), code) && customer != NULL;
        return is_right ? bank_approves(answer, customer) : bank_refuses(answer, "InvalidConfirmationCode");
    }
    if (text_is(kind, "bank.reconnect")) {
        return customer != NULL ? bank_approves(answer, customer) : bank_refuses(answer, "CannotReconnectToken");
    }
    /* The bank stores no copy: there is nothing to read again. */
    if (text_is(kind, "bank.refresh")) return fputs("{\"outcome\":\"done\"}", answer) >= 0;
    if (text_is(kind, "bank.notice")) {
        fprintf(stderr, "Salt Edge gives notice: %.*s\n", TEXT(json_string(request, "kind")));
        return fputs("{}", answer) >= 0;
    }
    if (customer == NULL) return false;
    if (text_is(kind, "bank.list_transactions")) return bank_lists_transactions(customer, request, answer);
    if (text_is(kind, "bank.list_accounts")) {
        return fprintf(answer, "{\"accounts\":[{\"id\":\"%s\",\"name\":\"Salary\",\"nature\":\"checking\","
                               "\"currency_code\":\"EUR\",\"balance\":\"2417.30\",\"available_amount\":\"2417.30\","
                               "\"payment_account\":true}]}", customer->account_id) > 0;
    }
    return text_is(kind, "bank.get_customer") && fprintf(answer, "{\"customer\":{\"name\":\"%s\"}}", customer->name) > 0;
}

#endif
