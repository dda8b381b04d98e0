<?php

/**
 * Reading a statement (camt.053) of 100,000 entries into typed results, compared with XMLReader and SimpleXML: one JSON
 * line.
 *
 *     php statement.php FILE        made with: cargo run --release -p bankchannel-iso20022 --example read_speed 100000 FILE
 *
 * Both read the same eleven fields of each entry, the second in typical hand-written code: XMLReader finds each entry,
 * SimpleXML reads it. Processor time, alternating; the minimum counts.
 */

declare(strict_types=1);

require __DIR__ . '/support.php';

library('release/libbankchannel_c.so');

use Bankchannel\Content;
use Bankchannel\Iso20022;

/** @return iterable<int, list<mixed>> */
function ours(string $path): iterable
{
    foreach (Iso20022::statementEntries(content: Content::path($path)) as [, $entry]) {
        yield [
            $entry->reference, (string) $entry->money->amount, $entry->money->currency, $entry->direction, $entry->status->code,
            $entry->bookingDate->format('Y-m-d'), $entry->servicerReference, $entry->endToEndId, $entry->counterparty->name,
            $entry->counterparty->iban, $entry->text,
        ];
    }
}

/** @return iterable<int, list<mixed>> */
function byHand(string $path): iterable
{
    $reader = new XMLReader();
    $reader->open($path);
    while ($reader->read() && $reader->localName !== 'Ntry');
    while ($reader->localName === 'Ntry') {
        $entry = new SimpleXMLElement($reader->readOuterXml());
        $detail = $entry->NtryDtls->TxDtls;
        yield [
            (string) $entry->NtryRef, (string) $entry->Amt, (string) $entry->Amt['Ccy'],
            ['CRDT' => 'credit', 'DBIT' => 'debit'][(string) $entry->CdtDbtInd], (string) $entry->Sts->Cd, (string) $entry->BookgDt->Dt,
            (string) $entry->AcctSvcrRef, (string) $detail->Refs->EndToEndId, (string) $detail->RltdPties->Dbtr->Pty->Nm,
            (string) $detail->RltdPties->DbtrAcct->Id->IBAN, (string) $detail->RmtInf->Ustrd,
        ];
        $reader->next('Ntry');
    }
}

function processorTime(): float
{
    $used = getrusage();

    return $used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec'] + ($used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec']) / 1e6;
}

$path = $argv[1];
$ways = ['bankchannel' => ours(...), 'XMLReader' => byHand(...)];
[$least, $last] = [[], []];
for ($round = 0; $round < 3; ++$round) {
    foreach ($ways as $name => $way) {
        [$begun, $count, $found] = [processorTime(), 0, null];
        foreach ($way($path) as $found) {
            ++$count;
        }
        $took = processorTime() - $begun;
        $least[$name] = min($took, $least[$name] ?? $took);
        $last[$name] = json_encode([$count, $found], JSON_THROW_ON_ERROR);
    }
}
if (count(array_unique($last)) !== 1) {
    throw new RuntimeException('they read different things: ' . json_encode($last));
}
$times = array_map(static fn (float $took): float => round($took / $least['bankchannel'], 2), $least);
echo json_encode(['seconds' => $least['bankchannel'], 'times' => $times, 'peak' => memory_get_peak_usage()]), "\n";
