// JWTs of Salt Edge, compared with jsonwebtoken and `node:crypto`: one JSON line of ratios.
//
//     node jwt.mjs [ROUNDS]
//
// Verifying a JWT of 1.2 kB to its claims and receiving a request for a token of 2.1 kB, compared with `jsonwebtoken`
// with a key read once; signing a callback, compared with the signature alone with a key read once and one read each
// time. Needs jsonwebtoken in target/npm.

import crypto from 'node:crypto';
import { createRequire } from 'node:module';

import { SaltEdgeConnector } from '../index.mjs';

const jsonwebtoken = createRequire(new URL('../../../target/npm/', import.meta.url))('jsonwebtoken');
const rounds = Number(process.argv[2] ?? 201);
const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
const publicPem = publicKey.export({ type: 'spki', format: 'pem' });
const client = new SaltEdgeConnector({ hubPublicKey: publicPem, privateKey: pem, providerCode: 'demobank' });
const exp = Math.floor(Date.now() / 1000) + 3600;

function ofSize(size, data) {
  const made = (count) => jsonwebtoken.sign({ data: data('x'.repeat(count)), exp }, privateKey, { algorithm: 'RS256', noTimestamp: true });
  return made(Math.floor(((size - made(0).length) * 3) / 4));
}

const small = ofSize(1200, (text) => ({ session_secret: 's', extra: { text } }));
const payload = { credentials: { authorization_type: 'oauth' }, scopes: ['accounts', 'kyc'], consent_period_days: 90 };
const large = ofSize(2100, (text) => ({
  app_name: 'Example Name',
  provider_code: 'demobank',
  session_secret: 'b7k-QxC3vdA-M48pexiS',
  original_request: { client_jwt: `Bearer ${text}`, client_payload: { data: payload, exp } },
}));
const headers = [
  { name: 'Client-Id', value: '771' },
  { name: 'Authorization', value: `Bearer ${large}` },
];
const report = { session_secret: 'b7k-QxC3vdA-M48pexiS', user_id: 'u', token: 't' };
const text = client.signJwt({ data: report }).jwt.reveal().split('.').slice(0, 2).join('.');
const received = () => client.receiveRequest({ method: 'POST', target: '/api/priora/v1/tokens/create', headers });
if (!received().request || !client.verifyJwt({ jwt: small, publicKey: publicPem }).accepted) throw new Error('refused');

const works = {
  verify: () => client.verifyJwt({ jwt: small, publicKey: publicPem }),
  verify_jsonwebtoken: () => jsonwebtoken.verify(small, publicKey, { algorithms: ['RS256'] }),
  receive: received,
  receive_jsonwebtoken: () => jsonwebtoken.verify(large, publicKey, { algorithms: ['RS256'] }),
  sign: () => client.signJwt({ data: report }),
  sign_kept: () => crypto.sign('RSA-SHA256', Buffer.from(text), privateKey),
  sign_read: () => crypto.sign('RSA-SHA256', Buffer.from(text), pem),
};
const taken = Object.fromEntries(Object.keys(works).map((name) => [name, []]));
for (let round = 0; round < rounds + 20; round += 1) {
  for (const [name, work] of Object.entries(works)) {
    work();
    const begun = process.hrtime.bigint();
    for (let each = 0; each < 5; each += 1) work();
    if (round >= 20) taken[name].push(Number(process.hrtime.bigint() - begun) / 5_000);
  }
}
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const ratio = (one, other) => Number(median(taken[one].map((value, at) => value / taken[other][at])).toFixed(3));
const found = Object.fromEntries(Object.entries(taken).map(([name, values]) => [`${name}_us`, Number(median(values).toFixed(2))]));
found.jsonwebtoken_per_verify = ratio('verify_jsonwebtoken', 'verify');
found.jsonwebtoken_per_receive = ratio('receive_jsonwebtoken', 'receive');
found.sign_per_crypto = ratio('sign', 'sign_kept');
found.crypto_reading_per_sign = ratio('sign_read', 'sign');
console.log(JSON.stringify(found));
