<?php

declare(strict_types=1);

namespace Bankchannel;

/**
 * A third party towards NextGenPSD2 banks: a method per operation, with named arguments.
 *
 *     $tpp = new NextGenPsd2(certificateFile: 'qseal.pem', privateKey: Secret::file('qseal.key'));
 *     $headers = $tpp->signRequest(method: 'POST', target: '/api/v1/user/verification', content: Content::bytes($body))->headers;
 */
final class NextGenPsd2 extends NextGenPsd2\Operations
{
}
