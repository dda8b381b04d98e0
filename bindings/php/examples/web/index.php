<?php

/*
 * A page that logs in, uploads a payment file and shows the bank's status. In front of a simulated bank:
 *
 *     php -d opcache.enable_cli=1 -d opcache.preload=../../preload.php -S 127.0.0.1:8000
 *
 * The account comes from the environment (ISECURE_API_KEY, ISECURE_EMAIL, ISECURE_PASSWORD, ISECURE_PHONE,
 * ISECURE_BANK), the private signing key from the file SIGNING_KEY. SEAL_KEY is 32 random characters or more: it seals
 * a login that waits for its code, and the session after it, between requests. The state of payments is kept in PHP's
 * session: a real page has a database.
 */

declare(strict_types=1);

// In a project with Composer: vendor/autoload.php.
require __DIR__ . '/../../src/autoload.php';

use Bankchannel\Exception\AuthenticationException;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\Iso20022;
use Bankchannel\Iso20022\Finding;
use Bankchannel\Secret;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\LogInProgress;
use Bankchannel\WsChannel\LogInProgressAuthenticated;
use Bankchannel\WsChannel\LogInProgressNeedsCode;
use Bankchannel\WsChannel\Mode;
use Bankchannel\WsChannel\StatusFilter;

const REPORT = 'pain.002.001.10';

session_start(['cookie_httponly' => true, 'cookie_samesite' => 'Strict']);

function client(): WsChannel
{
    return WsChannel::fromEnv(mode: Mode::Data, sealKey: Secret::env('SEAL_KEY'));
}

/** A client with the session of an earlier request. */
function loggedIn(): WsChannel
{
    $client = client();
    if (isset($_SESSION['session'])) {
        $client->importSession(sealed: $_SESSION['session']);
    }

    return $client;
}

/** Stores the state of a login for the next request. */
function keep(WsChannel $client, LogInProgress $progress): string
{
    unset($_SESSION['waiting'], $_SESSION['question']);
    if ($progress instanceof LogInProgressAuthenticated) {
        $_SESSION['session'] = $client->exportSession()->sealed;

        return 'You are logged in.';
    }
    if ($progress instanceof LogInProgressNeedsCode) {
        $_SESSION['waiting'] = $progress->sealed;
        $_SESSION['question'] = $progress->text;

        return $progress->wrong > 0 ? 'That was not the code.' : 'A code is on its way.';
    }

    return 'This account must choose its second factor first: log in once with the command line.';
}

/** Sends the file of the request. */
function upload(string $file): string
{
    $client = loggedIn();
    $checked = $client->checkPaymentFile(content: $file);
    if (!$checked->ok || $checked->payment?->messageId === null) {
        return implode("\n", array_map(static fn (Finding $finding): string => ($finding->line === null ? '' : "Line {$finding->line}: ") . "{$finding->message}; {$finding->change}", $checked->findings));
    }
    $id = $checked->payment->messageId;
    // The same message again may be a second click: it must not be paid twice.
    if (isset($_SESSION['payments'][$id])) {
        return "{$id} was sent already.";
    }
    $_SESSION['payments'][$id] = 'sending';
    // The note is on disk before anything is sent: this process may be killed while it sends. (With a database: commit
    // here.)
    session_write_close();
    session_start();
    try {
        $client->signAndUpload(content: $file, fileName: "{$id}.xml", fileType: 'pain.001.001.09', privateKey: Secret::file((string) getenv('SIGNING_KEY')), timeout: 60);
        $_SESSION['payments'][$id] = 'sent, not answered yet';
    } catch (BankchannelException $error) {
        // Only a `not_sent` or `refused` payment may be sent again.
        $_SESSION['payments'][$id] = "failed ({$error->outcome}): {$error->getMessage()}";
        if ($error->outcome === 'not_sent' || $error->outcome === 'refused') {
            unset($_SESSION['payments'][$id]);
        }
        throw $error;
    }

    return "{$id} was sent.";
}

/** Checks for the bank's answers. */
function look(): string
{
    $client = loggedIn();
    foreach ($client->listFiles(fileType: REPORT, status: StatusFilter::All)->fileDescriptors as $file) {
        $content = $client->downloadFile(fileType: $file->fileType, fileReference: $file->fileReference)->content;
        foreach (Iso20022::readStatusReport(content: $content)->reports as $report) {
            if ($report->status !== null && isset($_SESSION['payments'][$report->originalMessageId])) {
                $_SESSION['payments'][$report->originalMessageId] = "answered: {$report->status->code}";
            }
        }
    }

    return 'Looked.';
}

$said = '';
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    try {
        $said = match ($_POST['do'] ?? '') {
            'login' => keep($client = client(), $client->beginLogIn(phone: getenv('ISECURE_PHONE') ?: null)),
            // Verifying phone or mail starts the login again, which needs the password.
            'code' => keep($client = client(), $client->continueLogIn(sealed: $_SESSION['waiting'] ?? '', code: (string) ($_POST['code'] ?? ''), password: Secret::env('ISECURE_PASSWORD'))),
            'upload' => upload($_FILES['payment']['tmp_name'] ?? ''),
            'look' => look(),
            default => 'There is no such thing to do.',
        };
    } catch (BankchannelException $error) {
        if ($error instanceof AuthenticationException) {
            // An ended session or login cannot be resumed: the page offers a new one.
            unset($_SESSION['session'], $_SESSION['waiting'], $_SESSION['question']);
        }
        http_response_code(502);
        $said = "{$error->errorCode}: {$error->getMessage()}";
    }
}
$shown = static fn (string $text): string => htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE);
?>
<!doctype html>
<meta charset="utf-8">
<title>Payments</title>
<p id="said"><?= nl2br($shown($said)) ?></p>
<?php if (isset($_SESSION['waiting'])) { ?>
<form method="post"><label><?= $shown($_SESSION['question']) ?> <input name="code" autocomplete="one-time-code"></label> <button name="do" value="code">Go on</button></form>
<?php } ?>
<?php if (!isset($_SESSION['session'])) { ?>
<form method="post"><button name="do" value="login">Log in</button></form>
<?php } else { ?>
<form method="post" enctype="multipart/form-data"><input type="file" name="payment"> <button name="do" value="upload">Send</button></form>
<form method="post"><button name="do" value="look">Look for answers</button></form>
<?php } ?>
<ul>
<?php foreach ($_SESSION['payments'] ?? [] as $id => $status) { ?>
<li><?= $shown((string) $id) ?>: <?= $shown($status) ?></li>
<?php } ?>
</ul>
