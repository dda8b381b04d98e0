// A local operation that does nothing, with 200 bytes of JSON each way, compared with JSON alone: through the generic
// call and the typed method. Needs the library of tests/testing-build.

import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { alternating, report } from './measure.mjs';

const require = createRequire(import.meta.url);
const { assemble, missing } = require('../test/helpers/testing.js');
if (missing) throw new Error(missing);

const folder = mkdtempSync(join(tmpdir(), 'bankchannel-'));
process.once('exit', () => rmSync(folder, { recursive: true }));
const { Toy } = require(assemble(folder));

const client = new Toy();
const request = {
  text: 'The quick brown fox jumps over the lazy dog. '.repeat(5).slice(0, 200 - '{"text":""}'.length),
};
if (JSON.stringify(request).length !== 200) throw new Error('the request is not 200 bytes long');
for (const answer of [client.callLocal('toy.echo', request), client.echo(request)]) {
  if (answer.text !== request.text) throw new Error('the echo is another text');
}

let kept;
const [native_us, generic_us, typed_us] = alternating([
  () => {
    kept = JSON.parse(JSON.stringify(request));
  },
  () => {
    kept = client.callLocal('toy.echo', request);
  },
  () => {
    kept = client.echo(request);
  },
]);
if (kept.text !== request.text) throw new Error('the echo is another text');
report({ native_us, generic_us, typed_us });
