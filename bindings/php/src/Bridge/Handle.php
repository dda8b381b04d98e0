<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

/**
 * An object of the native library, which is freed together with this PHP object.
 *
 * @internal
 */
final class Handle
{
    private bool $isFree = false;

    /** @param \Closure(\FFI\CData|null): void $free */
    public function __construct(
        public readonly ?\FFI\CData $pointer,
        private readonly \Closure $free,
    ) {
    }

    public function __destruct()
    {
        $this->release();
    }

    /** Frees it now: other references, such as an exception's trace, may keep this PHP object for long. */
    public function release(): void
    {
        if (!$this->isFree) {
            $this->isFree = true;
            ($this->free)($this->pointer);
        }
    }

    private function __clone()
    {
    }

    /** @return array<string, mixed> */
    public function __serialize(): array
    {
        throw new \LogicException('What the native library holds belongs to this process and is not serialized: make one in each process');
    }
}
