<?php

declare(strict_types=1);

namespace Bankchannel;

use Bankchannel\Exception\BankchannelException;
use Bankchannel\SaltEdgeConnector\HeaderField;
use Bankchannel\SaltEdgeConnector\HttpAnswer;

/**
 * A connector to Salt Edge in a web server: reads requests from PHP's globals or from PSR-7, and sends answers.
 *
 * `Web::answer($connector)` is a complete route; in a framework, call
 * `$connector->handleRequest(...Web::psr7($request))`.
 */
final class Web
{
    /** The longest body of a question that is read, in bytes; a longer one fails by its MAC. */
    private const MAX_BODY = 1024 * 1024;

    /**
     * Answers Salt Edge, and works after the answer: at once under FastCGI, otherwise at the end of the request.
     *
     * @throws BankchannelException
     */
    public static function answer(SaltEdgeConnector $connector): void
    {
        $handled = $connector->handleRequest(...self::globals());
        self::send($handled->answer);
        self::finish();
        if ($handled->hasWork) {
            $connector->work();
        }
    }

    /**
     * Answers a connector that runs elsewhere: its question to the bank.
     *
     * @throws BankchannelException
     */
    public static function answerBank(SaltEdgeConnector $connector): void
    {
        ['target' => $target, 'headers' => $headers] = self::globals();
        $body = (string) file_get_contents('php://input', false, null, 0, self::MAX_BODY + 1);
        self::send($connector->answerBank(target: $target, headers: $headers, body: self::text($body))->answer);
    }

    /**
     * The current request, for `handleRequest` and `receiveRequest`.
     *
     * @return array{method: string, target: string, headers: list<HeaderField>}
     */
    public static function globals(): array
    {
        $headers = [];
        foreach ($_SERVER as $name => $value) {
            // The web server joins repeated fields: Salt Edge never sends such a value, so it is refused.
            if (\is_string($value) && (str_starts_with((string) $name, 'HTTP_') || $name === 'CONTENT_TYPE')) {
                $name = str_replace('_', '-', str_starts_with((string) $name, 'HTTP_') ? substr((string) $name, 5) : (string) $name);
                $headers[] = new HeaderField(name: ucwords(strtolower($name), '-'), value: self::text($value));
            }
        }

        return ['method' => (string) ($_SERVER['REQUEST_METHOD'] ?? 'GET'), 'target' => self::text((string) ($_SERVER['REQUEST_URI'] ?? '/')), 'headers' => $headers];
    }

    /**
     * A PSR-7 request, for `handleRequest` and `receiveRequest`.
     *
     * @return array{method: string, target: string, headers: list<HeaderField>}
     */
    public static function psr7(\Psr\Http\Message\RequestInterface $request): array
    {
        $headers = [];
        foreach ($request->getHeaders() as $name => $values) {
            foreach ($values as $value) {
                $headers[] = new HeaderField(name: (string) $name, value: self::text($value));
            }
        }

        return ['method' => $request->getMethod(), 'target' => self::text($request->getRequestTarget()), 'headers' => $headers];
    }

    /** Sends an answer: status, header fields, body. */
    public static function send(HttpAnswer $answer): void
    {
        http_response_code($answer->status);
        foreach ($answer->headers as $header) {
            header("{$header->name}: {$header->value}");
        }
        echo $answer->body;
    }

    /** Ends the response, if the server can do that before the script's end. */
    private static function finish(): void
    {
        if (\function_exists('fastcgi_finish_request')) {
            fastcgi_finish_request();
        }
    }

    /** Valid UTF-8, for any input. */
    private static function text(string $text): string
    {
        return preg_match('//u', $text) === 1 ? $text : (string) preg_replace('/[^ -~]/', '?', $text);
    }
}
