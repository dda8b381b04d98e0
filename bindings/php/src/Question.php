<?php

declare(strict_types=1);

namespace Bankchannel;

/** What a call asks in its middle. */
final class Question
{
    /**
     * @param string       $kind    `sms_code`, `email_code`, `phone_code`, `totp_code`, `mfa_method`, …
     * @param string       $text    for a person
     * @param list<string> $choices the answers to choose from; empty where any is possible
     * @param string|null  $secret  what the person needs for the answer and nobody else may see: a new authenticator's key
     */
    public function __construct(
        public readonly string $kind,
        public readonly string $text,
        public readonly array $choices = [],
        #[\SensitiveParameter]
        public readonly ?string $secret = null,
    ) {
    }
}
