// Signing a request of 1 kB, compared with the RSA signature alone by `node:crypto`: over the same bytes, once with a
// key that is kept and once with one that is read from PEM each time. Ours adds the headers, with and without its check
// of the finished signature.

import assert from 'node:assert';
import { createPrivateKey, sign } from 'node:crypto';
import { createRequire } from 'node:module';

import { median, report } from './measure.mjs';

const { NextGenPsd2 } = createRequire(import.meta.url)('..');
const ROUNDS = 201;
const WARM_UP = 5;
const SIGNATURES = 3;

const made = new NextGenPsd2().makeCertificates();
const content = Buffer.from(JSON.stringify({ 'PSU-ID': 'psu-7f3a91', padding: 'x'.repeat(988) }));
assert.equal(content.length, 1024);
const client = new NextGenPsd2({ certificate: made.qsealCertificate, privateKey: made.qsealKey });
const request = {
  method: 'POST',
  target: '/api/v1/user/verification',
  headers: [{ name: 'Content-Type', value: 'application/json' }],
  content,
};
const unverified = { ...request, signing: { selfVerify: false } };
const signed = client.signRequest(request);
const text = signed.signingString;
const kept = createPrivateKey(made.qsealKey.reveal());
const signature = signed.headers.find(({ name }) => name === 'Signature').value;
assert(signature.includes(sign('sha256', text, kept).toString('base64')));

const works = {
  ours: () => client.signRequest(request),
  kept: () => sign('sha256', text, kept),
  unverified: () => client.signRequest(unverified),
  read: () => sign('sha256', text, createPrivateKey(made.qsealKey.reveal())),
};
const taken = Object.fromEntries(Object.keys(works).map((name) => [name, []]));
for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
  for (const [name, work] of Object.entries(works)) {
    // An uncounted call refills the caches after the previous work.
    work();
    const begun = process.hrtime.bigint();
    for (let call = 0; call < SIGNATURES; call += 1) work();
    const took = Number(process.hrtime.bigint() - begun) / 1000 / SIGNATURES;
    if (round >= WARM_UP) taken[name].push(took);
  }
}
const ratio = (one, other) => median(taken[one].map((time, round) => time / taken[other][round]));
report({
  ...Object.fromEntries(Object.entries(taken).map(([name, times]) => [`${name}_us`, median(times)])),
  ours_to_kept: ratio('ours', 'kept'),
  unverified_to_kept: ratio('unverified', 'kept'),
  read_to_ours: ratio('read', 'ours'),
});
