<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Content;
use Bankchannel\ErrorCode;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\InvalidInputException;
use Bankchannel\Iso20022;
use Bankchannel\Iso20022\BalanceCheck;
use Bankchannel\Iso20022\CashKind;
use Bankchannel\Iso20022\CreditTransfer;
use Bankchannel\Iso20022\Outcome;
use Bankchannel\Iso20022\PaymentParty;
use Bankchannel\Tests\Support\Assertions;
use Bankchannel\Tests\Support\Program;
use Bankchannel\Tests\Support\Scratch;
use PHPUnit\Framework\TestCase;

/** Payment files and statements: the programs of the pages, typed results, iterators, and error reports. */
final class Iso20022Test extends TestCase
{
    use Assertions;

    private const ROOT = __DIR__ . '/../../..';
    private const MANY = 5000;

    public function testAPayrollAndItsReconciliation(): void
    {
        $page = (string) file_get_contents(self::ROOT . '/docs/iso20022.md');
        self::assertSame(1, preg_match('/^### PHP\n.*?^```php\n(.*?)^```$/ms', $page, $block));
        // The execution day may be a bank holiday.
        $lines = array_values(preg_grep('/^warning: /', $this->printed($block[1]), PREG_GREP_INVERT) ?: []);
        self::assertCount(11, $lines);
        self::assertSame('3 salaries, 6550.95 EUR', $lines[0]);
        self::assertStringStartsWith('The bank has accepted the file: ACCP', array_splice($lines, 1, 1)[0]);
        foreach ([['Maija Meikalainen', '2450.00'], ['Matti Virtanen', '2210.55'], ['Kaja Tamm', '1890.40']] as $at => [$name, $amount]) {
            self::assertMatchesRegularExpression("/^E[0-9A-Z]{20} ACSC settled: the debtor's account was debited$/", $lines[1 + $at]);
            self::assertMatchesRegularExpression("/^FI2112345600000785 [-\\d]{10} -{$amount} {$name} Salary, November$/", $lines[4 + $at]);
            self::assertSame("{$name} {$amount} paid no nothing is to be sent: the account was debited", $lines[7 + $at]);
        }
    }

    public function testAnAmountIsAStringAlsoWithoutStrictTypes(): void
    {
        $weak = require __DIR__ . '/Support/weak.php';
        self::assertSame('12.50', $weak('12.50')->amount);
        foreach ([true, 12, 12.5, 0.1 + 0.2] as $wrong) {
            $error = self::thrown(InvalidInputException::class, static fn () => $weak($wrong));
            self::assertSame('amount', $error->context['field']);
            self::assertStringContainsString('must be a string', $error->getMessage());
        }
    }

    public function testAValueThatIsNotUtf8IsNamedWithItsPlace(): void
    {
        $weak = require __DIR__ . '/Support/weak.php';
        $rows = array_fill(0, 1000, $weak('1.00'));
        $rows[777] = new CreditTransfer(amount: '1.00', creditor: new PaymentParty(name: "M\xe4ki", iban: 'EE382200221020145685'));
        $debtor = new PaymentParty(name: 'D', iban: 'FI2112345600000785');
        $make = static fn () => Iso20022::makePayment(transactions: $rows, debtor: $debtor, executionDate: new \DateTimeImmutable('2027-01-04'));
        self::assertSame('transactions[777].creditor.name', self::thrown(InvalidInputException::class, $make)->context['field']);
    }

    public function testTheIteratorOfThePage(): void
    {
        $page = (string) file_get_contents(self::ROOT . '/docs/iso20022.md');
        self::assertSame(1, preg_match('/^## Large files\n.*?^```php\n(.*?)^```$/ms', $page, $block));
        $wanted = array_map(static fn (int $n): string => "FI2112345600000785 2026-11-20 {$n}.00", [1, 2, 3]);
        self::assertSame($wanted, $this->printed($block[1], 3));
    }

    public function testThePageOfThePackage(): void
    {
        $page = (string) file_get_contents(__DIR__ . '/../README.md');
        self::assertSame(1, preg_match('/^## Payment files\n.*?^``` php\n(.*?)^```$/ms', $page, $block));
        [$verdict, $status, $entry] = $this->printed("<?php\nrequire 'vendor/autoload.php';\n{$block[1]}");
        self::assertStringStartsWith('The bank has accepted the file: ACCP', $verdict);
        self::assertMatchesRegularExpression("/^E[0-9A-Z]{20} ACSC settled: the debtor's account was debited$/", $status);
        self::assertMatchesRegularExpression('/^[-\d]{10} -249\.55 Beta Services RF18539007547034$/', $entry);
    }

    public function testAmountsAreDecimalTextAndDatesAndInstantsObjects(): void
    {
        [$read] = Iso20022::readStatement(content: self::bytes('statement'))->statements;
        self::assertSame([CashKind::Statement, 'FI2112345600000785'], [$read->kind, $read->account->iban]);
        self::assertSame('100.00', $read->opening?->money?->amount);
        self::assertSame('2026-11-20T18:00:00+02:00', $read->created?->instant?->format(\DATE_RFC3339));
        self::assertSame([BalanceCheck::Consistent, '35.45'], [$read->end?->balanceCheck, $read->end?->bookedSum]);
        [$received, $charge] = $read->entries;
        self::assertSame('2026-11-20', $received->bookingDate?->format('Y-m-d'));
        self::assertSame(['Pekka Payer', 'E-1'], [$received->counterparty?->name, $received->endToEndId]);
        self::assertSame('RF18539007547034', $received->creditorReference);
        self::assertNotNull($received->bankCode?->meaning);
        self::assertSame(['-14.55', 'Service charge'], [$charge->money?->amount, $charge->text]);
    }

    public function testWhatTheReadersGaveGoesBackIn(): void
    {
        $reports = Iso20022::readStatusReport(content: self::bytes('report'))->reports;
        $given = [Iso20022::readStatement(content: self::bytes('statement'))->statements];
        foreach (Iso20022::statementEntries(content: self::bytes('statement')) as [$page]) {
            $given[] = [$page];
        }
        foreach ($given as $statements) {
            $matched = Iso20022::matchStatus(content: self::bytes('payment'), reports: $reports, statements: $statements);
            self::assertSame([Outcome::ExecutedReported, Outcome::Rejected], array_column($matched->transactions, 'outcome'));
            self::assertCount(2, $matched->leftoverEntries);
        }
    }

    public function testEveryEntryOfALargeStatementComesOnce(): void
    {
        $path = Scratch::file(self::statement(self::MANY));
        foreach ([null, 7] as $entries) {
            $number = 0;
            foreach (Iso20022::statementEntries(content: $path, entries: $entries) as [$statement, $entry]) {
                ++$number;
                $seen = [$statement->account->iban, $entry->number, $entry->money?->amount, $entry->endToEndId];
                self::assertSame(['FI2112345600000785', $number, "{$number}.00", "E-{$number}"], $seen);
            }
            self::assertSame(self::MANY, $number);
        }
        $error = self::refused(static fn () => Iso20022::statementEntries(content: self::bytes('broken'))->current());
        self::assertSame(ErrorCode::ISO20022_FILE_UNREADABLE, $error->errorCode);
    }

    public function testBytesAndStreamsAreReadAsTheFile(): void
    {
        $text = self::statement(self::MANY);
        $stream = fopen(Scratch::file($text), 'rb');
        self::assertNotFalse($stream);
        foreach ([Content::bytes($text), $stream] as $content) {
            self::assertSame(self::MANY, iterator_count(Iso20022::statementEntries(content: $content)));
        }
    }

    public function testAFileThatChangesBetweenPagesIsRefused(): void
    {
        $path = Scratch::file(self::statement(10));
        $entries = Iso20022::statementEntries(content: $path, entries: 5);
        $entries->next();
        file_put_contents($path, self::statement(11));
        $error = self::refused(static function () use ($entries): void {
            while ($entries->valid()) {
                $entries->next();
            }
        });
        self::assertSame(['input.invalid_field', 'content'], [$error->errorCode, $error->context['field'] ?? null]);
    }

    public function testMemoryStaysSmall(): void
    {
        $large = Scratch::file(self::statement(4 * self::MANY));
        self::assertGreaterThan(8 * 1024 * 1024, filesize($large));
        $small = Scratch::file(self::statement(1));
        [$printed, $code] = Program::php(<<<PHP
            use Bankchannel\\Iso20022;
            \$count = static fn (string \$path): int => iterator_count(Iso20022::statementEntries(content: \$path));
            \$count('{$small}');
            \$before = getrusage()['ru_maxrss'];
            echo \$count('{$large}'), ' ', getrusage()['ru_maxrss'] - \$before;
            PHP);
        self::assertSame(0, $code, $printed);
        [$number, $added] = array_map('intval', explode(' ', $printed));
        self::assertSame(4 * self::MANY, $number);
        self::assertLessThan(32 * 1024, $added, 'KiB added');
    }

    public function testAGeneratorOfManyTransactionsIsMadeIntoAGoodFile(): void
    {
        $path = Scratch::folder() . '/payment.xml';
        $made = Iso20022::makePayment(transactions: self::transfers(self::MANY), debtor: self::debtor(), executionDate: self::soon(), path: $path);
        self::assertSame([self::MANY, '125025.00', $path, null], [$made->transactions, $made->controlSum, $made->path, $made->xml]);
        $checked = Iso20022::checkPayment(content: $path);
        self::assertTrue($checked->ok, (string) json_encode($checked->findings));
        // An array gives the same file, except for the second of its creation.
        $transactions = iterator_to_array(self::transfers(self::MANY), false);
        $listed = Iso20022::makePayment(transactions: $transactions, debtor: self::debtor(), executionDate: self::soon());
        $without = static fn (string $xml): string => (string) preg_replace('/<CreDtTm>[^<]*</', '', $xml);
        self::assertTrue($without((string) $listed->xml) === $without((string) file_get_contents($path)));
    }

    public function testTheErrorOfAGeneratorComesOutAndNothingIsLeft(): void
    {
        $temporary = Scratch::folder();
        $path = Scratch::folder() . '/payment.xml';
        // In a separate process, whose temporary files are only these.
        [$printed, $code] = Program::php(<<<PHP
            use Bankchannel\\Iso20022;
            use Bankchannel\\Iso20022\\{CreditTransfer, PaymentParty};
            \$own = new RuntimeException('the database is gone');
            \$transfers = static function () use (\$own): iterable {
                for (\$number = 1; \$number < 100; ++\$number) {
                    yield new CreditTransfer(amount: "{\$number}.00", creditor: new PaymentParty(name: 'A', iban: 'EE382200221020145685'));
                }
                throw \$own;
            };
            \$debtor = new PaymentParty(name: 'Example Oy', iban: 'FI2112345600000785');
            \$left = static fn (): int => count(scandir('{$temporary}')) - 2;
            try {
                Iso20022::makePayment(transactions: \$transfers(), debtor: \$debtor, executionDate: new DateTimeImmutable('+3 days'), path: '{$path}');
            } catch (RuntimeException \$error) {
                echo \$error === \$own ? 'its own' : \$error::class, ' ', file_exists('{$path}') ? 'made' : 'not made', ' ';
            }
            unset(\$error);
            gc_collect_cycles();
            echo \$left();
            PHP, [], ['-d', "sys_temp_dir={$temporary}"]);
        self::assertSame(['its own not made 0', 0], [$printed, $code]);
        self::assertSame([], array_diff((array) scandir($temporary), ['.', '..']));
    }

    public function testAFaultyTransactionOfAGeneratorIsNamed(): void
    {
        $given = new \ArrayIterator([self::transfer(1), self::transfer(2, 'EE382200221020145686')]);
        $error = self::refused(static fn () => Iso20022::makePayment(transactions: $given, debtor: self::debtor(), executionDate: self::soon()));
        self::assertSame(ErrorCode::ISO20022_PAYMENT_REFUSED, $error->errorCode);
        self::assertMatchesRegularExpression('/transaction 2.*creditor\.iban/', $error->getMessage());
    }

    public function testContentBesideAGeneratorIsRefused(): void
    {
        $error = self::refused(static fn () => Iso20022::makePayment(
            content: Content::bytes('{}'),
            transactions: self::transfers(1),
            debtor: self::debtor(),
            executionDate: self::soon(),
        ));
        self::assertInstanceOf(InvalidInputException::class, $error);
        self::assertSame([ErrorCode::INPUT_INVALID_FIELD, 'transactions'], [$error->errorCode, $error->context['field']]);
    }

    public function testErrorsNameTheField(): void
    {
        // By the parameter's name.
        $error = self::refused(static fn () => Iso20022::makePayment(transactions: [self::transfer()], debtor: self::debtor()));
        self::assertSame('transactions[0].executionDate', $error->context['field']);
        $given = [self::transfer(1), self::transfer(2, 'EE38')];
        $error = self::refused(static fn () => Iso20022::makePayment(transactions: $given, debtor: self::debtor(), executionDate: self::soon()));
        self::assertSame(['transactions[1].creditor.iban', '1'], [$error->context['field'], (string) $error->context['count']]);
    }

    /**
     * The output of a page's program, line by line.
     *
     * @return list<string>
     */
    private function printed(string $program, int $entries = 0): array
    {
        $folder = Scratch::folder();
        mkdir("{$folder}/vendor");
        file_put_contents("{$folder}/vendor/autoload.php", '<?php require ' . var_export(\dirname(__DIR__) . '/src/autoload.php', true) . ';');
        file_put_contents("{$folder}/program.php", $program);
        if ($entries > 0) {
            file_put_contents("{$folder}/statement.xml", self::statement($entries));
        }
        [$printed, $code] = (new Program([PHP_BINARY, '-d', 'display_errors=1', 'program.php'], [], $folder))->end();
        self::assertSame(0, $code, $printed);

        return explode("\n", rtrim($printed));
    }

    /** A made-up statement, status report or payment file. */
    private static function value(string $name): string
    {
        /** @var array{values: array<string, string>} $scenarios */
        $scenarios = json_decode((string) file_get_contents(self::ROOT . '/tests/scenarios/api/iso20022.json'), true);

        return $scenarios['values'][$name];
    }

    private static function bytes(string $name): Content
    {
        return Content::bytes(self::value($name));
    }

    /** A statement of this many entries: copies of the example's first entry, each with its own amount and id. */
    private static function statement(int $count): string
    {
        $text = self::value('statement');
        self::assertSame(1, preg_match('~^(.*?)(<Ntry>.*?</Ntry>).*</Ntry>(.*)$~s', $text, $parts));
        $entries = '';
        for ($number = 1; $number <= $count; ++$number) {
            $entries .= str_replace(['>50.00<', '>E-1<'], [">{$number}.00<", ">E-{$number}<"], $parts[2]);
        }

        return $parts[1] . $entries . $parts[3];
    }

    private static function debtor(): PaymentParty
    {
        return new PaymentParty(name: 'Example Oy', iban: 'FI2112345600000785');
    }

    private static function transfer(int $number = 1, string $iban = 'EE382200221020145685'): CreditTransfer
    {
        $creditor = new PaymentParty(name: "Creditor {$number}", iban: $iban);

        return new CreditTransfer(amount: sprintf('%d.%02d', intdiv($number, 100), $number % 100), creditor: $creditor, text: "Invoice {$number}");
    }

    /** @return \Generator<int, CreditTransfer> */
    private static function transfers(int $count): \Generator
    {
        for ($number = 1; $number <= $count; ++$number) {
            yield self::transfer($number);
        }
    }

    /**
     * A day for payments: on any test day it is one on which banks settle euro.
     */
    private static function soon(): \DateTimeImmutable
    {
        // Good Friday and Easter Monday are never a Wednesday.
        $day = new \DateTimeImmutable('+3 days');
        while ($day->format('D') !== 'Wed' || in_array($day->format('m-d'), ['01-01', '05-01', '12-25', '12-26'], true)) {
            $day = $day->modify('+1 day');
        }

        return $day;
    }

    private static function refused(callable $call): BankchannelException
    {
        try {
            $call();
        } catch (BankchannelException $error) {
            return $error;
        }
        self::fail('it was not refused');
    }
}
