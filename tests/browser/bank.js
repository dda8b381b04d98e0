// The sandbox bank as a separate process, and a third party that signs requests with the command and sends them.

import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const COMMAND = process.env.BANKCHANNEL;
const READY_MS = 30_000;

/** Starts a bank on plain loopback HTTP with an empty data folder. */
export async function startBank() {
  const folder = await mkdtemp(join(tmpdir(), 'bankchannel-browser-'));
  const child = spawn(COMMAND, ['serve', 'nextgen-psd2-bank', '--plain', '--control', '--data', join(folder, 'bank')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const ready = await readiness(child);
  return {
    ...ready,
    origin: new URL(ready.base_url).origin,
    folder,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

function readiness(child) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the bank printed no readiness line')), READY_MS);
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`the bank ended with ${code}`)));
    createInterface(child.stdout).once('line', (line) => {
      clearTimeout(late);
      resolve(JSON.parse(line));
    });
  });
}

/** Signs a request: `headers` as [name, value] pairs. The signed headers come back as pairs too. */
export async function sign(bank, { method = 'POST', path, headers = [], body = '', options = [] }) {
  const file = join(bank.folder, `request-${crypto.randomUUID()}.http`);
  const content = body ? [['Content-Type', 'application/json']] : [];
  const given = [['Host', new URL(bank.origin).host], ['Accept', 'application/json'], ...content, ...headers];
  await writeFile(file, `${method} ${path} HTTP/1.1\r\n${given.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`);
  const qseal = join(bank.certificates_dir, 'tpp1-qseal');
  const { stdout } = await run(COMMAND,
    ['psd2', 'sign', '--private-key', `${qseal}.key`, '--certificate', `${qseal}.pem`, '--json', ...options, file]);
  await rm(file);
  const signed = JSON.parse(stdout);
  return { method, path, body, headers: signed.headers.map(({ name, value }) => [name, value]) };
}

/** Another value for one header of a signed request. */
export function altered(request, name, change) {
  const is = (held) => held.toLowerCase() === name.toLowerCase();
  return { ...request, headers: request.headers.map(([held, value]) => [held, is(held) ? change(value) : value]) };
}

/** Sends a request as it is. */
export function send(bank, { method, path, headers, body }) {
  return new Promise((resolve, reject) => {
    const rest = body ? [['Content-Length', Buffer.byteLength(body)]] : method === 'POST' ? [['Content-Length', 0]] : [];
    const request = http.request(bank.origin + path, { method, headers: Object.fromEntries([...headers, ...rest]) }, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece));
      answer.on('end', () => {
        const text = Buffer.concat(pieces).toString();
        resolve({ status: answer.statusCode, json: text ? JSON.parse(text) : null });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The request of vector A: whether the bank knows a customer. */
export const VERIFY_USER = {
  path: '/api/v1/user/verification',
  body: '{"PSU-ID":"psu-7f3a91","PSUPersonalIdentifier":"nJ9X7+BPj1pltpnbHHdyONWHa0TO8kBlTHSd0J4XkO8="}',
};

/** A valid request. */
export async function sendValid(bank) {
  return send(bank, await sign(bank, VERIFY_USER));
}

/** A request whose signature is over `digest: sha-256=…` while the header says `SHA-256=…`. */
export async function sendBroken(bank, headers = []) {
  const signed = await sign(bank, { ...VERIFY_USER, options: ['--digest-lower-case'] });
  const broken = altered(signed, 'Digest', (value) => value.replace('sha-256=', 'SHA-256='));
  return send(bank, { ...broken, headers: [...broken.headers, ...headers] });
}

/** The address of the customer's page for a new bank-offered consent. */
export async function offer(bank, redirectUri) {
  const request = await sign(bank, { path: '/api/v1/bank-offered-consents', headers: [['TPP-Redirect-URI', redirectUri]] });
  const answer = await send(bank, request);
  if (answer.status !== 201) throw new Error(`the bank answered ${answer.status}: ${JSON.stringify(answer.json)}`);
  return new URL(answer.json._links.scaRedirect.href, bank.origin).href;
}

/** A third party's own site: remembers with which parameters the customer came back. */
export async function startThirdParty() {
  const visits = [];
  const server = http.createServer((request, answer) => {
    const url = new URL(request.url, 'http://localhost');
    if (url.pathname === '/callback') visits.push({ parameters: Object.fromEntries(url.searchParams), headers: request.headers });
    answer.writeHead(url.pathname === '/callback' ? 200 : 404, { 'content-type': 'text/html' }).end('<h1>Back at the third party</h1>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return { origin, callback: `${origin}/callback?state=a%2Bb`, visits, stop: () => new Promise((resolve) => server.close(resolve)) };
}
