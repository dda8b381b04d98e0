<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

use Bankchannel\Exception\BankchannelException;
use Bankchannel\HttpExchange;
use Bankchannel\HttpRequest;

/**
 * The span of a call, made by the program's tracer of OpenTelemetry; the package itself needs none. What fails in it once
 * the call has begun changes no result.
 *
 * @internal
 */
final class CallSpan
{
    /** `SpanKind::KIND_CLIENT` and `StatusCode::STATUS_ERROR` of open-telemetry/api. */
    private const CLIENT = 1;
    private const ERROR = 'Error';

    private function __construct(private readonly object $span)
    {
    }

    /** Checks the given tracer. @throws BankchannelException */
    public static function check(?object $tracer): void
    {
        if ($tracer !== null && !method_exists($tracer, 'spanBuilder')) {
            throw BankchannelException::invalidInput('tracer', 'must be a tracer of OpenTelemetry: a TracerInterface');
        }
    }

    /** Begins the span of a call; null without a tracer. */
    public static function begin(?object $tracer, string $operation, ?string $baseUrl): ?self
    {
        if ($tracer === null) {
            return null;
        }
        $builder = $tracer->spanBuilder($operation)->setSpanKind(self::CLIENT)->setAttribute('bankchannel.operation', $operation);
        $peer = $baseUrl === null ? false : parse_url($baseUrl);
        if (\is_array($peer) && isset($peer['host'])) {
            $builder = $builder->setAttribute('server.address', $peer['host'])
                ->setAttribute('server.port', $peer['port'] ?? (($peer['scheme'] ?? '') === 'https' ? 443 : 80));
        }

        return new self($builder->startSpan());
    }

    /** Its `traceparent`; null for a tracer that makes no spans. */
    public function header(): ?string
    {
        $context = $this->span->getContext();

        return $context->isValid() ? sprintf('00-%s-%s-%02x', $context->getTraceId(), $context->getSpanId(), $context->getTraceFlags() & 0xFF) : null;
    }

    /** A request of the call begins, or its answer is there. */
    public function exchanged(HttpRequest $request, ?HttpExchange $answer): void
    {
        $attributes = ['http.request.method' => $request->method, 'url.path' => $request->target, 'http.request.resend_count' => $request->attempt - 1];
        self::attempted(function () use ($attributes, $answer): void {
            if ($answer === null) {
                $this->span->addEvent('http.request', $attributes);

                return;
            }
            $attributes['http.response.status_code'] = $answer->status;
            if ($answer->requestId !== null) {
                $attributes['bankchannel.request_id'] = $answer->requestId;
            }
            $this->span->addEvent('http.response', $attributes);
            $this->span->setAttribute('http.response.status_code', $answer->status);
        });
    }

    /** The call has ended. */
    public function end(?\Throwable $why): void
    {
        self::attempted(function () use ($why): void {
            if ($why !== null) {
                $ours = $why instanceof BankchannelException ? $why : $why->getPrevious();
                $ours = $ours instanceof BankchannelException ? $ours : null;
                $this->span->setAttribute('error.type', $ours === null ? $why::class : $ours->errorCode);
                if ($ours?->outcome !== null) {
                    $this->span->setAttribute('bankchannel.outcome', $ours->outcome);
                }
                // The text of an exception that is not ours may have what must not be written.
                $this->span->setStatus(self::ERROR, $ours?->getMessage());
            }
            $this->span->end();
        });
    }

    private static function attempted(\Closure $work): void
    {
        try {
            $work();
        } catch (\Throwable) {
            // A tracer that fails must not change the result of a payment.
        }
    }
}
