// The one command of OpenSSL that signers of the scenarios use, for systems that have Node only. For tests/platforms.
//
//     openssl pkeyutl -sign -inkey FILE -pkeyopt digest:sha256       the digest on standard input, the signature on standard output
import { constants, privateEncrypt } from 'node:crypto';
import { readFileSync, writeSync } from 'node:fs';

const [command, sign, inkey, file, pkeyopt, digest] = process.argv.slice(2);
if (command !== 'pkeyutl' || sign !== '-sign' || inkey !== '-inkey' || pkeyopt !== '-pkeyopt' || digest !== 'digest:sha256')
    throw new Error(`not understood: ${process.argv.slice(2).join(' ')}`);
// RFC 8017, section 9.2: what stands before the digest says which it is.
const prefix = Buffer.from('3031300d060960864801650304020105000420', 'hex');
const hash = readFileSync(0);
if (hash.length !== 32) throw new Error(`a digest of ${hash.length} bytes`);
writeSync(1, privateEncrypt({ key: readFileSync(file), padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([prefix, hash])));
