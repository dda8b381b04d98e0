<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Content;
use Bankchannel\ControlledService;
use Bankchannel\Exception\ConfigurationException;
use Bankchannel\Exception\InvalidInputException;
use Bankchannel\NextGenPsd2;
use Bankchannel\SaltEdgeConnector\Hub;
use Bankchannel\SepaWebServices\Bank;
use Bankchannel\SepaWebServices\FileKind;
use Bankchannel\SepaWebServices\NewCustomer;
use Bankchannel\SepaWebServices\SeededBankFile;
use Bankchannel\WsChannel\Service;
use PHPUnit\Framework\TestCase;

/** Orders to embedded servers by their typed methods. */
final class OrdersTest extends TestCase
{
    private const RAW = "GET /v1/consents HTTP/1.1\r\nHost: bank.example\r\n\r\n";

    public function testEveryServerTakesTheCommonOrders(): void
    {
        $bank = new Bank(control: true);
        self::assertInstanceOf(ControlledService::class, $bank);
        $before = $bank->clock(advanceS: 0)->now;
        self::assertGreaterThanOrEqual(61, $bank->clock(advanceS: 61)->now->getTimestamp() - $before->getTimestamp());
        $set = new \DateTimeImmutable('2030-01-01T12:00:00Z');
        self::assertSame('2030-01-01', $bank->clock(now: $set)->now->format('Y-m-d'));
        self::assertSame([], $bank->uploads()->uploads);
        self::assertSame([], $bank->outbox()->messages);
        $bank->failNext(operation: 'list_files', status: 503);
        $bank->reset();
        self::assertSame([], $bank->transcript()->requests);
        // The untyped form is as before.
        self::assertSame([], $bank->control('outbox'));
        $bank->stop();
    }

    public function testListsTakeObjectsAndAnswersAreTyped(): void
    {
        $bank = new Bank(control: true);
        $added = $bank->customers(customers: [new NewCustomer(family: 'op', customerId: '77', company: 'Seven Oy')]);
        self::assertSame('77', $added->customers[0]->customerId);
        self::assertFileExists($added->customers[0]->keyFile);
        $file = new SeededBankFile(family: 'op', customerId: '77', fileType: 'TITO', content: 'a statement');
        $reference = $bank->addFiles(files: [$file])->files[0];
        $listed = array_values(array_filter($bank->files()->files, static fn ($one): bool => $one->reference === $reference))[0];
        self::assertSame([FileKind::Download, 11, null], [$listed->kind, $listed->bytes, $listed->parent]);
        $bank->stop();
    }

    public function testContentOfAnOrderIsBytesOrAPath(): void
    {
        $bank = new NextGenPsd2\Bank(control: true);
        $path = (string) tempnam(sys_get_temp_dir(), 'bankchannel-order');
        file_put_contents($path, self::RAW);
        $explained = $bank->explain(message: Content::bytes(self::RAW))->explanation;
        self::assertEquals($explained, $bank->explain(message: $path)->explanation);
        self::assertMatchesRegularExpression('/signature/i', (string) json_encode($explained));
        unlink($path);
        try {
            $bank->explain(message: $path);
            self::fail('the file is absent');
        } catch (InvalidInputException $error) {
            self::assertSame(['input.content_unreadable', 'message'], [$error->errorCode, $error->context['field']]);
        }
        try {
            $bank->explain(message: null);
            self::fail('the message is missing');
        } catch (InvalidInputException $error) {
            self::assertSame(['input.missing_field', 'message'], [$error->errorCode, $error->context['field']]);
        }
        $large = fopen('php://temp', 'w+b');
        self::assertNotFalse($large);
        fwrite($large, str_repeat('x', 4 << 20));
        rewind($large);
        try {
            $bank->explain(message: $large);
            self::fail('the message is too large');
        } catch (InvalidInputException $error) {
            self::assertSame(['input.too_large', 'message'], [$error->errorCode, $error->context['field']]);
        }
        self::assertLessThan(4 << 20, ftell($large));
        $bank->stop();
    }

    public function testErrorsNameOrderAndField(): void
    {
        $hub = new Hub(control: true);
        $secret = $hub->beginSession(about: 'token')->sessionSecret;
        $state = $hub->session(sessionSecret: $secret);
        self::assertSame(['open', false, []], [$state->status, $state->hasToken, $state->messages]);
        self::assertContains($secret, $hub->sessions()->sessions);
        try {
            $hub->session(sessionSecret: 'unknown');
            self::fail('the session is unknown');
        } catch (InvalidInputException $error) {
            self::assertSame(['salt_edge_hub_server.session', 'sessionSecret'], [$error->operation, $error->context['field']]);
        }
        $hub->stop();
    }

    public function testOrdersNeedControl(): void
    {
        $service = new Service();
        try {
            $service->clock(advanceS: 5);
            self::fail('the service was started without control');
        } catch (ConfigurationException $error) {
            self::assertSame('server.clock', $error->operation);
        }
        $service->stop();
    }
}
