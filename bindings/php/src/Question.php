<?php

declare(strict_types=1);

namespace Bankchannel;

/** What a call asks in its middle. */
final class Question
{
    /** @var \WeakMap<self, string>|null secrets beside their questions: what dumps or exports an object cannot find one in it */
    private static ?\WeakMap $secrets = null;

    /** @var \WeakMap<self, array<string, mixed>>|null requests, for the same reason */
    private static ?\WeakMap $requests = null;

    /**
     * @param string       $kind    `sms_code`, `email_code`, `phone_code`, `totp_code`, `mfa_method`, `bank.list_accounts`, …
     * @param string       $text    for a person
     * @param list<string> $choices the answers to choose from; empty where any is possible
     * @param string|null  $secret  what `secret()` gives
     * @param array<string, mixed>|null $request what `request()` gives
     */
    public function __construct(
        public readonly string $kind,
        public readonly string $text,
        public readonly array $choices = [],
        #[\SensitiveParameter]
        ?string $secret = null,
        #[\SensitiveParameter]
        ?array $request = null,
    ) {
        if ($secret !== null) {
            self::$secrets ??= new \WeakMap();
            self::$secrets[$this] = $secret;
        }
        if ($request !== null) {
            self::$requests ??= new \WeakMap();
            self::$requests[$this] = $request;
        }
    }

    /**
     * What a question to the program itself is about, such as `bank.list_accounts`: its fields have the catalogue's names. Its answer is
     * JSON text. Null where a person is asked.
     *
     * @return array<string, mixed>|null
     */
    public function request(): ?array
    {
        return self::$requests[$this] ?? null;
    }

    /**
     * What the person needs for the answer and nobody else may see: a new authenticator's key. Null where there is none.
     */
    public function secret(): ?string
    {
        return self::$secrets[$this] ?? null;
    }
}
