// A web service that takes payment files and shows their status:
//
//   curl --data-binary @payments.xml -H 'Content-Type: application/xml' http://127.0.0.1:3000/payments
//   curl http://127.0.0.1:3000/payments/MESSAGE-ID
//
// The account comes from the environment (ISECURE_API_KEY, ISECURE_EMAIL, ISECURE_PASSWORD, ISECURE_BANK), the private
// signing key from the file SIGNING_KEY, the port from PORT. State is kept in memory: a real service has a database.

import express from 'express';

import { BankchannelError, WsChannel } from 'bankchannel';

const { SIGNING_KEY } = process.env;
if (!SIGNING_KEY) throw new Error('SIGNING_KEY is not set: see the first lines');
const privateKey = { file: SIGNING_KEY };

// With `renewSession` the client logs in again automatically when its session has ended.
const client = WsChannel.fromEnv({ mode: 'data', renewSession: true });
await client.logIn();
const payments = new Map();

const app = express();

app.post('/payments', express.raw({ type: 'application/xml', limit: '7mb' }), (request, response) => {
  const { ok, findings, payment } = client.checkPaymentFile({ content: request.body });
  const id = payment?.messageId;
  if (!ok || !id) return response.status(422).json({ findings });
  // The same message again may be a second click: it must not be paid twice.
  if (payments.has(id)) return response.status(409).json({ error: `${id} is known already` });
  payments.set(id, { state: 'sending' });
  send(id, request.body);
  return response
    .status(202)
    .location(`/payments/${encodeURIComponent(id)}`)
    .json({ id });
});

app.get('/payments/:id', (request, response) => {
  const payment = payments.get(request.params.id);
  return payment ? response.json(payment) : response.status(404).json({ error: 'no such payment' });
});

/**
 * Signs and uploads in the background, and stores the bank's answers about this payment.
 * @param {string} id
 * @param {Buffer} content
 */
async function send(id, content) {
  try {
    const fileType = 'pain.001.001.09';
    const { verdict, verdictText, status } = await client.uploadAndWait({
      content,
      fileName: `${id}.xml`,
      fileType,
      privateKey,
      waitFor: ['pain.002.001.10'],
    });
    // `verdict` is 'rejected' if nothing of it is paid: an answer is not yet a payment.
    payments.set(id, { state: 'answered', verdict, text: verdictText, status: status?.code });
  } catch (error) {
    if (!(error instanceof BankchannelError)) throw error;
    // Only `not_sent` and `refused` are safe to send again: see `outcome`.
    payments.set(id, { state: 'failed', outcome: error.outcome, code: error.code, message: error.message });
  }
}

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`);
});
process.once('SIGTERM', () => server.close(() => client.close()));
