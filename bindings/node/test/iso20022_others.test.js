'use strict';

// Payment files and IBANs compared with third-party programs: `ibantools` judges the same random IBANs, and files made
// by `sepa` are read and checked.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { test } = require('node:test');

const { iso20022 } = require('..');
const paths = require('./helpers/paths');
const { soon } = require('./helpers/settlement');

const other = (name) => createRequire(path.join(paths.target, 'npm/'))(name);
const missing = (name) =>
  !fs.existsSync(path.join(paths.target, 'npm/node_modules', name)) &&
  !process.env.BANKCHANNEL_TESTS_REQUIRE_TOOLS &&
  `${name} is not installed`;

const DEBTOR = 'FI2112345600000785';
const [DIGITS, LETTERS] = ['0123456789', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const KINDS = { '0-9': DIGITS, 'A-Z': LETTERS, 'A-Z0-9': LETTERS + DIGITS, '0-9A-Z': LETTERS + DIGITS };
const one = (of) => of[Math.floor(Math.random() * of.length)];

const TERRITORIES = ['AX', 'BL', 'GF', 'GP', 'MF', 'MQ', 'NC', 'PF', 'PM', 'RE', 'TF', 'WF', 'YT'];
// Letters or digits: `ibantools` has other structures for these countries than `python-stdnum`, whose reading we share.
const DIFFERENT = ['BY', 'DO', 'GE', 'IE', 'PK', 'PS', 'TR', 'VG'];

function isPaid(iban) {
  const transactions = [{ amount: '1', creditor: { name: 'Creditor', iban }, text: 'x' }];
  try {
    iso20022.makePayment({
      transactions,
      debtor: { name: 'Example Oy', iban: DEBTOR },
      executionDate: soon().toISOString().slice(0, 10),
    });
    return true;
  } catch (error) {
    assert.equal(error.code, 'iso20022.payment_refused');
    return false;
  }
}

function checkDigits(country, rest) {
  let left = 0;
  for (const character of `${rest}${country}00`) left = Number(`${left}${parseInt(character, 36)}`) % 97;
  return String(98 - left).padStart(2, '0');
}

function* spoiled(good) {
  const at = 4 + Math.floor(Math.random() * (good.length - 5));
  yield good.slice(0, at) + one(KINDS['0-9']) + good.slice(at + 1);
  yield good.slice(0, at) + good[at + 1] + good[at] + good.slice(at + 2);
  yield good.slice(0, 2) + String(2 + Math.floor(Math.random() * 97)).padStart(2, '0') + good.slice(4);
  yield good.slice(0, -1);
  yield `${good}0`;
}

test('IBANs are judged as ibantools does', { skip: missing('ibantools') }, () => {
  const { countrySpecs, isValidIBAN } = other('ibantools');
  let countries = 0;
  for (const [country, spec] of Object.entries(countrySpecs)) {
    const { bban_regexp: structure, IBANRegistry: registered, bban_validation_func: national } = spec;
    // It also knows countries with a custom format, which are in no registry, and territories, whose IBANs begin with
    // FI or FR.
    if (!registered || TERRITORIES.includes(country)) continue;
    if (DIFFERENT.includes(country)) continue;
    countries += 1;
    for (let round = 0; round < 20; round += 1) {
      const parts = [...structure.matchAll(/\[([^\]]+)\]\{(\d+)\}/g)];
      const rest = parts.map(([, kind, count]) => Array.from({ length: count }, () => one(KINDS[kind])).join('')).join('');
      const good = country + checkDigits(country, rest) + rest;
      for (const text of [good, ...spoiled(good)]) {
        // It also checks the national check digits of some countries.
        if (!national || isValidIBAN(text)) assert.equal(isPaid(text), isValidIBAN(text), text);
      }
    }
  }
  assert.ok(countries > 70);
});

test('files of sepa are read and checked', { skip: missing('sepa') }, () => {
  const SEPA = other('sepa');
  for (const version of ['pain.001.001.03', 'pain.001.001.09']) {
    const made = new SEPA.Document(version);
    Object.assign(made.grpHdr, { id: 'FILE-1', created: new Date(), initiatorName: 'Example Oy' });
    const batch = made.createPaymentInfo();
    Object.assign(batch, { requestedExecutionDate: soon(), debtorIBAN: DEBTOR, debtorBIC: 'NDEAFIHHXXX', debtorName: 'Example Oy' });
    batch.debtorId = 'DE98ZZZ09999999999';
    made.addPaymentInfo(batch);
    for (const [number, amount] of [[1, 50.23], [2, 0.07]]) {
      const transaction = batch.createTransaction();
      Object.assign(transaction, { creditorName: 'Example Customer', creditorIBAN: 'DE40987654329876543210', creditorBIC: 'CUSTDEM0XXX' });
      Object.assign(transaction, { amount, remittanceInfo: `INVOICE ${number}`, end2endId: `E${number}` });
      batch.addTransaction(transaction);
    }
    const content = Buffer.from(made.toString());
    const read = iso20022.readPayment({ content });
    assert.deepEqual([read.id, read.count, read.sum], ['FILE-1', 2, '50.30']);
    const found = read.batches[0].transactions.map((sent) => [sent.endToEndId, sent.money.amount, ...sent.remittance.lines]);
    assert.deepEqual(found, [['E1', '50.23', 'INVOICE 1'], ['E2', '0.07', 'INVOICE 2']]);
    const checked = iso20022.checkPayment({ content });
    assert.deepEqual([checked.ok, checked.findings], [true, []]);
    const broken = Buffer.from(made.toString().replace('DE4098', 'DE4198'));
    assert.equal(iso20022.checkPayment({ content: broken }).errors, 1);
  }
});
