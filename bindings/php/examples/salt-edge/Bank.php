<?php

declare(strict_types=1);

use Bankchannel\SaltEdgeConnector\AccountNature;
use Bankchannel\SaltEdgeConnector\AuthenticateQuestion;
use Bankchannel\SaltEdgeConnector\BankAccount;
use Bankchannel\SaltEdgeConnector\BankCustomer;
use Bankchannel\SaltEdgeConnector\BankTransaction;
use Bankchannel\SaltEdgeConnector\ConfirmQuestion;
use Bankchannel\SaltEdgeConnector\GetCustomerAnswer;
use Bankchannel\SaltEdgeConnector\GetCustomerQuestion;
use Bankchannel\SaltEdgeConnector\ListAccountsAnswer;
use Bankchannel\SaltEdgeConnector\ListAccountsQuestion;
use Bankchannel\SaltEdgeConnector\ListTransactionsAnswer;
use Bankchannel\SaltEdgeConnector\ListTransactionsQuestion;
use Bankchannel\SaltEdgeConnector\NoticeQuestion;
use Bankchannel\SaltEdgeConnector\ReconnectQuestion;
use Bankchannel\SaltEdgeConnector\RefreshQuestion;
use Bankchannel\SaltEdgeConnector\RefusedByBank;
use Bankchannel\SaltEdgeConnector\SaltEdgeBank;
use Bankchannel\SaltEdgeConnector\Step;
use Bankchannel\SaltEdgeConnector\StepApproved;
use Bankchannel\SaltEdgeConnector\StepCodeNeeded;
use Bankchannel\SaltEdgeConnector\StepDone;
use Bankchannel\SaltEdgeConnector\StepRedirect;
use Bankchannel\SaltEdgeConnector\StepRefused;
use Bankchannel\SaltEdgeConnector\TransactionStatus;

/** The connector's questions to the bank. All names and amounts are invented. */
final class Bank implements SaltEdgeBank
{
    /** By the bank's own id: login, password (a bank does not store it in clear text), name, account. */
    private const CUSTOMERS = [
        'c-1001' => ['anna', 'anna-password', 'Anna Example', '501'],
        'c-1002' => ['ben', 'ben-password', 'Ben Example', '601'],
    ];

    /**
     * @param string $publicUrl The address of the bank's page for browsers.
     * @param string $codes The file to which one-time codes are appended: a bank sends them to the customer.
     */
    public function __construct(
        private readonly string $publicUrl,
        private readonly string $codes,
        #[\SensitiveParameter]
        private readonly string $codeKey,
    ) {
    }

    public function authenticate(AuthenticateQuestion $question): Step
    {
        $way = $question->authorizationType ?? 'oauth';
        if ($way === 'oauth') {
            return new StepRedirect(redirectUrl: "{$this->publicUrl}/approve/{$question->sessionId}");
        }
        if (!\in_array($way, ['login_password', 'login_password_sms'], true)) {
            return new StepRefused(errorClass: 'InvalidAuthorizationType');
        }
        $given = static fn (string $field): string => $question->credentials[$field] ?? '';
        $userId = $this->signedIn($given('login'), $given('password'));
        if ($userId === null) {
            return new StepRefused(errorClass: 'InvalidCredentials');
        }
        if ($way === 'login_password') {
            return new StepApproved(userId: $userId);
        }
        $this->send(['user_id' => $userId, 'code' => $this->code($question->sessionId)]);

        return new StepCodeNeeded(field: 'sms', instruction: 'Enter the code that was sent to you', userId: $userId);
    }

    public function confirm(ConfirmQuestion $question): Step
    {
        $given = $question->credentials['sms'] ?? '';
        if ($question->userId === null || !hash_equals($this->code($question->sessionId), trim($given))) {
            return new StepRefused(errorClass: 'InvalidConfirmationCode');
        }

        return new StepApproved(userId: $question->userId);
    }

    public function reconnect(ReconnectQuestion $question): Step
    {
        return isset(self::CUSTOMERS[$question->userId]) ? new StepApproved(userId: $question->userId) : new StepRefused(errorClass: 'CannotReconnectToken');
    }

    /** This bank keeps no copy: there is nothing to refresh. */
    public function refresh(RefreshQuestion $question): Step
    {
        return new StepDone();
    }

    public function listAccounts(ListAccountsQuestion $question): ListAccountsAnswer
    {
        $account = new BankAccount(
            id: self::CUSTOMERS[$question->userId][3],
            name: 'Salary',
            nature: AccountNature::Checking,
            currencyCode: 'EUR',
            balance: '2417.30',
            availableAmount: '2417.30',
            paymentAccount: true,
        );

        return new ListAccountsAnswer(accounts: [$account]);
    }

    public function listTransactions(ListTransactionsQuestion $question): ListTransactionsAnswer
    {
        if ((self::CUSTOMERS[$question->userId][3] ?? null) !== $question->accountId) {
            return new ListTransactionsAnswer(refused: new RefusedByBank(errorClass: 'AccountNotFound'));
        }
        // The last requested day, or its last instant: the first ten characters are the day.
        $day = substr($question->toDate, 0, 10);
        $salary = new BankTransaction(
            id: "{$question->accountId}-{$day}",
            accountId: $question->accountId,
            amount: '2100.00',
            currencyCode: 'EUR',
            description: 'Salary',
            madeOn: $day,
            status: TransactionStatus::Posted,
        );

        return new ListTransactionsAnswer(transactions: [$salary]);
    }

    public function getCustomer(GetCustomerQuestion $question): GetCustomerAnswer
    {
        return new GetCustomerAnswer(customer: new BankCustomer(name: self::CUSTOMERS[$question->userId][2]));
    }

    public function notice(NoticeQuestion $question): void
    {
        error_log("Salt Edge gives notice: {$question->kind->value}");
    }

    /** The id of the customer with this login and password. */
    public function signedIn(string $login, #[\SensitiveParameter] string $password): ?string
    {
        foreach (self::CUSTOMERS as $userId => [$known, $right]) {
            if ($known === $login && hash_equals($right, $password)) {
                return $userId;
            }
        }

        return null;
    }

    /** The code of a session, derived from its id: any process can compute it at any time. */
    private function code(string $sessionId): string
    {
        return sprintf('%06d', hexdec(substr(hash_hmac('sha256', $sessionId, $this->codeKey), 0, 12)) % 1_000_000);
    }

    /** @param array<string, string> $message */
    private function send(array $message): void
    {
        $before = umask(0077);
        try {
            is_dir(\dirname($this->codes)) || mkdir(\dirname($this->codes), recursive: true);
            file_put_contents($this->codes, json_encode($message, JSON_THROW_ON_ERROR) . "\n", FILE_APPEND | LOCK_EX);
        } finally {
            umask($before);
        }
    }
}
