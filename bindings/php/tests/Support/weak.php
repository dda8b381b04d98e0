<?php

// Without `strict_types`, as in many applications: PHP converts arguments to the declared type.

use Bankchannel\Iso20022\CreditTransfer;
use Bankchannel\Iso20022\PaymentParty;

return static fn (mixed $amount): CreditTransfer => new CreditTransfer(
    amount: $amount,
    creditor: new PaymentParty(name: 'B', iban: 'EE382200221020145685'),
);
