<?php

declare(strict_types=1);

namespace Bankchannel\Tests\Support;

use Bankchannel\SaltEdgeConnector\AccountConsent;
use Bankchannel\SaltEdgeConnector\AccountNature;
use Bankchannel\SaltEdgeConnector\AuthenticateQuestion;
use Bankchannel\SaltEdgeConnector\BankAccount;
use Bankchannel\SaltEdgeConnector\BankCustomer;
use Bankchannel\SaltEdgeConnector\ConfirmQuestion;
use Bankchannel\SaltEdgeConnector\ConsentScope;
use Bankchannel\SaltEdgeConnector\GetCustomerAnswer;
use Bankchannel\SaltEdgeConnector\GetCustomerQuestion;
use Bankchannel\SaltEdgeConnector\ListAccountsAnswer;
use Bankchannel\SaltEdgeConnector\ListAccountsQuestion;
use Bankchannel\SaltEdgeConnector\ListTransactionsAnswer;
use Bankchannel\SaltEdgeConnector\ListTransactionsQuestion;
use Bankchannel\SaltEdgeConnector\NoticeKind;
use Bankchannel\SaltEdgeConnector\NoticeQuestion;
use Bankchannel\SaltEdgeConnector\ReconnectQuestion;
use Bankchannel\SaltEdgeConnector\RefreshQuestion;
use Bankchannel\SaltEdgeConnector\RefusedByBank;
use Bankchannel\SaltEdgeConnector\SaltEdgeBank;
use Bankchannel\SaltEdgeConnector\Step;
use Bankchannel\SaltEdgeConnector\StepApproved;
use Bankchannel\SaltEdgeConnector\StepCodeNeeded;
use Bankchannel\SaltEdgeConnector\StepDone;
use Bankchannel\SaltEdgeConnector\StepRefused;

/** Customers `anna`, who needs a code, and `ben`, who does not. */
class InventedBank implements SaltEdgeBank
{
    /** @var list<NoticeKind> */
    public array $notices = [];

    public function authenticate(AuthenticateQuestion $question): Step
    {
        return match ($question->credentials['login']) {
            'anna' => new StepCodeNeeded(field: 'sms', instruction: 'Enter the code', userId: 'u-1'),
            'ben' => new StepApproved(userId: 'u-2', consent: [new AccountConsent(accountId: '1', scopes: [ConsentScope::Balance])]),
            default => new StepRefused(errorClass: 'InvalidCredentials'),
        };
    }

    public function confirm(ConfirmQuestion $question): Step
    {
        return ($question->credentials['sms'] ?? '') === '4896' && $question->userId !== null
            ? new StepApproved(userId: $question->userId)
            : new StepRefused(errorClass: 'InvalidConfirmationCode');
    }

    public function reconnect(ReconnectQuestion $question): Step
    {
        return new StepApproved(userId: $question->userId);
    }

    public function refresh(RefreshQuestion $question): Step
    {
        return new StepDone();
    }

    public function listAccounts(ListAccountsQuestion $question): ListAccountsAnswer
    {
        return new ListAccountsAnswer(accounts: [new BankAccount(
            id: '1', name: 'Salary', nature: AccountNature::Checking, currencyCode: 'EUR', balance: '12.50', availableAmount: '12.50', paymentAccount: true,
        )]);
    }

    public function listTransactions(ListTransactionsQuestion $question): ListTransactionsAnswer
    {
        return new ListTransactionsAnswer(refused: new RefusedByBank(errorClass: 'AccountNotFound'));
    }

    public function getCustomer(GetCustomerQuestion $question): GetCustomerAnswer
    {
        return new GetCustomerAnswer(customer: new BankCustomer(name: 'Anna Example'));
    }

    public function notice(NoticeQuestion $question): void
    {
        $this->notices[] = $question->kind;
    }
}
