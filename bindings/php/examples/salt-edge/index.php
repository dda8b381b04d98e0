<?php

/*
 * A bank's connector to Salt Edge in plain PHP: requests of Salt Edge, the bank's answers, and its page for the
 * customer.
 *
 *     bankchannel check salt-edge-connector --init check.json > settings.json
 *     export SETTINGS=settings.json STORE=$PWD/store CODE_KEY=$(openssl rand -hex 32) CODES=$PWD/connector/outbox.jsonl PUBLIC_URL=http://127.0.0.1:8080
 *     PHP_CLI_SERVER_WORKERS=4 php -d ffi.enable=1 -S 127.0.0.1:8080 index.php &
 *     php index.php &
 *     bankchannel check salt-edge-connector http://127.0.0.1:8080 --settings check.json
 *
 * Under php-fpm every path leads to this file, and FFI is preloaded: see the package's page. SETTINGS are the settings
 * of SaltEdgeConnector as JSON. STORE is the folder that all processes share, or PostgreSQL's address. One-time codes
 * are appended to CODES. On the command line this program is the worker: it sends undelivered callbacks again, and ends
 * expired sessions.
 */

declare(strict_types=1);

// In a project with Composer: vendor/autoload.php.
require __DIR__ . '/../../src/autoload.php';
require __DIR__ . '/Bank.php';

use Bankchannel\Exception\BankchannelException;
use Bankchannel\SaltEdgeConnector;
use Bankchannel\Web;

function variable(string $name): string
{
    return getenv($name) ?: throw new RuntimeException("{$name} is not set: see the first lines of index.php");
}

/** @return array<string, string> the settings, with their names in PHP. */
function settings(): array
{
    /** @var array<string, string> $settings */
    $settings = json_decode((string) file_get_contents(variable('SETTINGS')), true, 8, JSON_THROW_ON_ERROR);
    $names = array_map(static fn (string $name): string => lcfirst(str_replace('_', '', ucwords($name, '_'))), array_keys($settings));

    return array_combine($names, $settings);
}

/** The bank's page. Other sites must not frame it, or learn its address, which contains the session. */
function page(int $status, string $said, ?SaltEdgeConnector\SessionView $session = null): void
{
    http_response_code($status);
    header("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'");
    header('Referrer-Policy: no-referrer');
    header('Cache-Control: no-store');
    $text = static fn (string $text): string => htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE);
    echo '<!doctype html><title>Your bank</title>', $said === '' ? '' : "<p role=\"alert\">{$text($said)}</p>";
    if ($session !== null) {
        echo "<p>{$text($session->appName)} asks for: {$text(implode(', ', $session->scopes))}, for {$session->consentPeriodDays} days.</p>";
        echo '<form method="post"><label>Login <input name="login" autocomplete="username"></label>',
            '<label>Password <input name="password" type="password" autocomplete="current-password"></label>',
            '<button name="answer" value="approve">Allow</button> <button name="answer" value="deny">Refuse</button></form>';
    }
}

/** The customer signs in, and allows or refuses. */
function approve(SaltEdgeConnector $connector, Bank $bank, string $sessionId): void
{
    $session = $connector->getSession(sessionId: $sessionId)->session;
    if ($session === null || !$session->isOpen) {
        page(404, 'This is over, or never was: begin again in the app that sent you here.');

        return;
    }
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        page(200, '', $session);

        return;
    }
    $given = static fn (string $field): string => \is_string($_POST[$field] ?? null) ? $_POST[$field] : '';
    $userId = $bank->signedIn($given('login'), $given('password'));
    if ($userId === null) {
        page(403, 'Login or password is wrong.', $session);

        return;
    }
    $isAllowed = $given('answer') === 'approve';
    $end = $isAllowed ? $connector->approveSession(sessionId: $sessionId, userId: $userId) : $connector->refuseSession(sessionId: $sessionId);
    if ($end->redirectUrl !== null) {
        header("Location: {$end->redirectUrl}", true, 303);
    } else {
        page(200, 'You may close this page.');
    }
}

$bank = new Bank(rtrim(variable('PUBLIC_URL'), '/'), variable('CODES'), variable('CODE_KEY'));
$connector = new SaltEdgeConnector(...settings(), store: variable('STORE'), bank: $bank);
if (PHP_SAPI === 'cli') {
    for (;;) {
        try {
            $due = $connector->work()->nextDueAt;
        } catch (BankchannelException $error) {
            error_log((string) $error);
            $due = null;
        }
        // Another process may have left work meanwhile: this one checks every second.
        usleep($due !== null && $due <= new DateTimeImmutable('+1 second') ? 100_000 : 1_000_000);
    }
}
$path = (string) parse_url((string) $_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (preg_match('~^/approve/([0-9A-Za-z_-]+)$~', $path, $found) === 1) {
    approve($connector, $bank, $found[1]);
} else {
    Web::answer($connector);
}
