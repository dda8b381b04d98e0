<?php

declare(strict_types=1);

namespace Bankchannel\Tests\Support;

use Bankchannel\WsChannel;
use Bankchannel\WsChannel\Bank;
use Bankchannel\WsChannel\GenerateKeyResponse;
use Bankchannel\WsChannel\Mode;
use Bankchannel\WsChannel\Service;

/**
 * A service with an account that is ready to use: verified, with sessions, a certificate at the simulator, a PGP key and
 * the file `KTL` `R1`.
 */
final class Account
{
    public const PASSWORD = 'Correct-Horse-Battery-9!';
    public const CODE = '123456';

    /** @param array<string, mixed> $settings the settings of a client with the account's data session */
    private function __construct(
        public readonly Service $service,
        public readonly array $settings,
        public readonly GenerateKeyResponse $key,
        public readonly string $file,
    ) {
    }

    /** @param array<string, mixed> $more further fields of the seeded account, or others */
    public static function seeded(string $email = 'files@example.test', array $more = []): self
    {
        $service = new Service(verificationCode: self::CODE, noLimits: true, control: true);
        $key = (new WsChannel())->generateKey(name: 'Test Person', email: $email);
        $file = random_bytes(60000);
        $seeded = self::post(rtrim((string) $service->controlUrl, '/') . '/seed', ['accounts' => [$more + [
            'email' => $email, 'password' => self::PASSWORD, 'sessions' => true, 'certificates' => ['simulator'],
            'pgp_keys' => [['key' => $key->publicKey]],
            'files' => [['file_type' => 'KTL', 'content' => base64_encode($file), 'reference' => 'R1']],
        ]]])['accounts'][0];

        return new self($service, [
            'baseUrl' => $service->baseUrl, 'publicKeyFile' => $service->publicKeyFile, 'bank' => Bank::Simulator,
            'email' => $email, 'mode' => Mode::Data, 'apiKey' => $seeded['api_key'], 'idToken' => $seeded['id_tokens']['data'] ?? null,
        ], $key, $file);
    }

    /** A client with the data session; further settings, or others, by name. */
    public function client(mixed ...$settings): WsChannel
    {
        return new WsChannel(...($settings + $this->settings));
    }

    /** A client of the admin user that is not logged in yet; its login needs a code. */
    public function admin(mixed ...$settings): WsChannel
    {
        $own = ['mode' => Mode::Admin, 'password' => self::PASSWORD] + $this->settings;
        unset($own['idToken']);

        return new WsChannel(...($settings + $own));
    }

    /** @return array<string, string> the account for `fromEnv` */
    public function environment(): array
    {
        return [
            'ISECURE_BASE_URL' => $this->settings['baseUrl'], 'ISECURE_PUBLIC_KEY_PEM_FILE' => $this->settings['publicKeyFile'],
            'ISECURE_EMAIL' => $this->settings['email'], 'ISECURE_PASSWORD' => self::PASSWORD, 'ISECURE_API_KEY' => $this->settings['apiKey'],
            'ISECURE_BANK' => 'simulator',
        ];
    }

    /** The example payment of the project. */
    public static function payment(): string
    {
        return dirname(__DIR__, 4) . '/core/iso20022/examples/pain.001.001.09.xml';
    }

    /**
     * A request to the service's control interface.
     *
     * @param array<string, mixed> $body
     *
     * @return array<string, mixed>
     */
    public static function post(string $url, array $body): array
    {
        $context = stream_context_create(['http' => [
            'method' => 'POST', 'header' => 'content-type: application/json', 'content' => json_encode($body), 'ignore_errors' => true,
        ]]);
        $answer = (string) file_get_contents($url, false, $context);

        return (array) json_decode($answer, true, 512, JSON_THROW_ON_ERROR);
    }
}
