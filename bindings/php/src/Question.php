<?php

declare(strict_types=1);

namespace Bankchannel;

/** A question of a call while it runs. */
final class Question
{
    /**
     * @var \WeakMap<self, string>|null secrets, stored outside their questions: a dump or export of an object does not
     * contain them
     */
    private static ?\WeakMap $secrets = null;

    /** @var \WeakMap<self, array<string, mixed>>|null requests, for the same reason */
    private static ?\WeakMap $requests = null;

    /**
     * @param string       $kind    `sms_code`, `email_code`, `phone_code`, `totp_code`, `mfa_method`, `bank.list_accounts`, …
     * @param string       $text    the text for a person
     * @param list<string> $choices the answers to choose from; empty if any answer is possible
     * @param string|null  $secret  the value of `secret()`
     * @param array<string, mixed>|null $request the value of `request()`
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
     * The request of a question to the program itself, such as `bank.list_accounts`: its fields have the catalogue's
     * names. The answer is JSON text. Null if a person is asked.
     *
     * @return array<string, mixed>|null
     */
    public function request(): ?array
    {
        return self::$requests[$this] ?? null;
    }

    /**
     * A secret that the person needs for the answer and no one else may see: a new authenticator's key. Null if
     * there is none.
     */
    public function secret(): ?string
    {
        return self::$secrets[$this] ?? null;
    }
}
