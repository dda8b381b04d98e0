<?php

declare(strict_types=1);

namespace Bankchannel;

/**
 * A client of the ISECure WS Channel: a method per operation, with named arguments.
 *
 *     $client = new WsChannel(email: 'me@example.com', mode: Mode::Data, apiKey: Secret::env('ISECURE_API_KEY'));
 *     foreach ($client->listFiles(bank: Bank::Simulator)->fileDescriptors as $file) { … }
 */
final class WsChannel extends WsChannel\Operations
{
}
