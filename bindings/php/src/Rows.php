<?php

declare(strict_types=1);

namespace Bankchannel;

use Bankchannel\Exception\BankchannelException;

/**
 * The items of an iterator, written one by one to a file that is removed with this object: memory stays small.
 *
 * @internal
 */
final class Rows
{
    private function __construct(public readonly Content $content, private readonly TemporaryFile $file)
    {
    }

    /**
     * Writes the items, unless they are already in an array.
     *
     * @param iterable<object>|null $items
     *
     * @throws BankchannelException
     */
    public static function of(?iterable $items, mixed $beside, string $list, string $operation): ?self
    {
        if ($items === null || \is_array($items)) {
            return null;
        }
        if ($beside !== null) {
            throw BankchannelException::invalidInput($list, 'is given beside content: give one', $operation);
        }
        $file = TemporaryFile::make();
        if ($file === null) {
            throw BankchannelException::invalidInput($list, 'cannot be written to the folder for temporary files', $operation);
        }
        try {
            $number = 0;
            foreach ($items as $item) {
                $place = $list . '[' . $number++ . ']';
                if (!\is_object($item) || !\method_exists($item, 'toArray')) {
                    throw BankchannelException::invalidInput($place, 'must be an object of this package, not ' . \get_debug_type($item), $operation);
                }
                $line = self::line($item, $place, $operation) . "\n";
                if (!$file->write($line)) {
                    throw BankchannelException::invalidInput($list, 'cannot be written to the folder for temporary files: it may be full', $operation);
                }
            }
        } catch (\Throwable $why) {
            // The program's own iterator may have failed.
            throw BankchannelException::passedThrough($why);
        }
        if (!$file->flush()) {
            throw BankchannelException::invalidInput($list, 'cannot be written to the folder for temporary files: it may be full', $operation);
        }

        return new self(Content::path($file->path), $file);
    }

    private static function line(object $item, string $place, string $operation): string
    {
        try {
            return Encode::json($item->toArray());
        } catch (BankchannelException $why) {
            throw BankchannelException::invalidInput($place, $why->getMessage(), $operation);
        }
    }
}
