'use strict';

// Payment files and statements: the programs of the pages, typed results, iterators, and error reports.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { promisify } = require('node:util');

const { InvalidInputError, codes, iso20022 } = require('..');
const paths = require('./helpers/paths');
const readme = require('./helpers/readme');
const { soon } = require('./helpers/settlement');

/** A made-up statement, status report and payment file. */
const values = JSON.parse(fs.readFileSync(path.join(paths.root, 'tests/scenarios/api/iso20022.json'), 'utf8')).values;
const [statement, report, payment] = ['statement', 'report', 'payment'].map((name) => Buffer.from(values[name]));

const debtor = { name: 'Example Oy', iban: 'FI2112345600000785' };
const executionDate = soon().toISOString().slice(0, 10);
const MANY = 5000;

let folder;
let temporary;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bankchannel-iso20022-'));
  // The folder of this process's temporary files: empty again after each call.
  temporary = path.join(folder, 'temporary');
  fs.mkdirSync(temporary);
  process.env.TMPDIR = temporary;
  fs.mkdirSync(path.join(folder, 'node_modules'));
  fs.symlinkSync(paths.package, path.join(folder, 'node_modules/bankchannel'));
});

after(() => fs.rmSync(folder, { recursive: true }));

/** Runs a program in the folder; returns its output, line by line. */
async function run(program, options = []) {
  fs.writeFileSync(path.join(folder, 'main.mjs'), program);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...options, 'main.mjs'], { cwd: folder, timeout: 60_000 });
  assert.equal(stderr, '');
  return stdout.trimEnd().split('\n');
}

function transfer(number = 1, iban = 'EE382200221020145685') {
  return { amount: (number / 100).toFixed(2), creditor: { name: `Creditor ${number}`, iban }, text: `Invoice ${number}` };
}

function* transfers(count) {
  for (let number = 1; number <= count; number++) yield transfer(number);
}

/** A statement of this many entries: copies of the example's first entry, each with its own amount and id. */
function writeStatement(name, count) {
  const text = values.statement;
  const end = '</Ntry>';
  const entry = text.slice(text.indexOf('<Ntry>'), text.indexOf(end) + end.length);
  const entries = Array.from({ length: count }, (_, at) =>
    entry.replace('>50.00<', `>${at + 1}.00<`).replace('>E-1<', `>E-${at + 1}<`));
  const file = path.join(folder, name);
  const rest = text.slice(text.lastIndexOf(end) + end.length);
  fs.writeFileSync(file, text.slice(0, text.indexOf('<Ntry>')) + entries.join('') + rest);
  return file;
}

/** The error of a call. */
function refused(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'it was not refused' });
}

/** The remaining temporary files. */
const left = () => fs.readdirSync(temporary);

describe('the programs of the pages', () => {
  const each = [['Maija Meikalainen', '2450.00'], ['Matti Virtanen', '2210.55'], ['Kaja Tamm', '1890.40']];

  test('a payroll and its reconciliation', async () => {
    const printed = await run(readme.document('iso20022.md'));
    // The execution day may be a bank holiday.
    const lines = printed.filter((line) => !line.startsWith('warning: '));
    assert.equal(lines.length, 11, printed.join('\n'));
    assert.equal(lines[0], '3 salaries, 6550.95 EUR');
    assert.match(lines.splice(1, 1)[0], /^The bank has accepted the file: ACCP/);
    for (const line of lines.slice(1, 4)) assert.match(line, /^E[0-9A-Z]{20} ACSC settled: the debtor's account was debited$/);
    each.forEach(([name, amount], at) => {
      assert.match(lines[4 + at], new RegExp(`^FI2112345600000785 [-\\d]{10} -${amount} ${name} Salary, November$`));
      assert.equal(lines[7 + at], `${name} ${amount} paid no nothing is to be sent: the account was debited`);
    });
  });

  test('the iterator', async () => {
    writeStatement('statement.xml', 3);
    const page = fs.readFileSync(path.join(paths.root, 'docs/iso20022.md'), 'utf8');
    const [, program] = /\n## Large files\n[^]*?```js\n([^]*?)```/.exec(page);
    assert.deepEqual(await run(program), [1, 2, 3].map((number) => `FI2112345600000785 2026-11-20 ${number}.00`));
  });

  test('the page of the package', async () => {
    const page = fs.readFileSync(path.join(paths.package, 'README.md'), 'utf8');
    const [program] = [...page.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code).filter((code) => code.includes('makePayment'));
    const [verdict, status, ...entries] = await run(program);
    assert.match(verdict, /^The bank has accepted the file: ACCP/);
    assert.match(status, /^E[0-9A-Z]{20} ACSC settled: the debtor's account was debited 0$/);
    assert.equal(entries.length, 1);
    assert.match(entries[0], /^[-\d]{10} -249\.55 EUR Beta Services RF18539007547034$/);
  });
});

describe('typed results', () => {
  test('amounts are decimal text, dates and instants as the bank wrote them', () => {
    const { statements: [read] } = iso20022.readStatement({ content: statement });
    assert.deepEqual([read.kind, read.account.iban, read.opening.money.amount], ['statement', 'FI2112345600000785', '100.00']);
    assert.equal(read.created.instant, '2026-11-20T18:00:00+02:00');
    assert.deepEqual([read.end.balanceCheck, read.end.bookedSum], ['consistent', '35.45']);
    const [received, charge] = read.entries;
    assert.deepEqual([received.bookingDate, received.counterparty.name, received.endToEndId], ['2026-11-20', 'Pekka Payer', 'E-1']);
    assert.equal(received.creditorReference, 'RF18539007547034');
    assert.ok(received.bankCode.meaning);
    assert.deepEqual([charge.money.amount, charge.text], ['-14.55', 'Service charge']);
  });

  test('what the readers gave goes back in', async () => {
    const { reports } = iso20022.readStatusReport({ content: report });
    const { statements } = iso20022.readStatement({ content: statement });
    const match = (given) => {
      const matched = iso20022.matchStatus({ content: payment, reports, statements: given });
      assert.deepEqual(matched.transactions.map(({ outcome }) => outcome), ['executed_reported', 'rejected']);
      assert.equal(matched.leftoverEntries.length, 2);
    };
    match(statements);
    for await (const [page] of iso20022.statementEntries({ content: statement })) match([page]);
  });
});

describe('iterators', () => {
  test('every entry of a large statement comes once', async () => {
    const file = writeStatement('many.xml', MANY);
    for (const entries of [undefined, 7]) {
      let number = 0;
      for await (const [{ account }, entry] of iso20022.statementEntries({ content: { path: file }, entries })) {
        number += 1;
        const wanted = ['FI2112345600000785', number, `${number}.00`, `E-${number}`];
        assert.deepEqual([account.iban, entry.number, entry.money.amount, entry.endToEndId], wanted);
      }
      assert.equal(number, MANY);
    }
    const broken = iso20022.statementEntries({ content: Buffer.from(values.broken) });
    await assert.rejects(broken.next(), { code: codes.ISO20022_FILE_UNREADABLE });
  });

  test('a buffer is read as the file, though it changes meanwhile', async () => {
    const content = fs.readFileSync(writeStatement('buffer.xml', MANY));
    let number = 0;
    for await (const [, entry] of iso20022.statementEntries({ content })) {
      number += 1;
      assert.equal(entry.number, number);
      content.fill(0);
    }
    assert.equal(number, MANY);
  });

  test('a file that changes between pages is refused', async () => {
    const path = writeStatement('changing.xml', 10);
    const entries = iso20022.statementEntries({ content: { path }, entries: 5 });
    await entries.next();
    writeStatement('changing.xml', 11);
    await assert.rejects(
      (async () => {
        for await (const pair of entries) assert.ok(pair);
      })(),
      (error) => error.code === codes.INPUT_INVALID_FIELD && error.context.field === 'content',
    );
  });

  test('memory stays small', async () => {
    writeStatement('small.xml', 1);
    assert.ok(fs.statSync(writeStatement('large.xml', 4 * MANY)).size > 8 * 1024 * 1024);
    const program = `
      import { iso20022 } from 'bankchannel';
      async function count(path) {
        let number = 0;
        for await (const pair of iso20022.statementEntries({ content: { path } })) number += pair.length / 2;
        return number;
      }
      await count('small.xml');
      const before = process.resourceUsage().maxRSS;
      console.log(await count('large.xml'), process.resourceUsage().maxRSS - before);`;
    // Otherwise garbage would stay as long as there is room.
    const [line] = await run(program, ['--max-semi-space-size=1', '--max-old-space-size=48']);
    const [number, added] = line.split(' ').map(Number);
    assert.equal(number, 4 * MANY);
    assert.ok(added < 32 * 1024, `${added} KiB added`);
  });

  test('a generator of many transactions is made into a good file', () => {
    const file = path.join(folder, 'made.xml');
    const made = iso20022.makePayment({ transactions: transfers(MANY), debtor, executionDate, path: file });
    assert.deepEqual([made.transactions, made.controlSum, made.path, made.xml], [MANY, '125025.00', file, undefined]);
    const checked = iso20022.checkPayment({ content: { path: file } });
    assert.ok(checked.ok, JSON.stringify(checked.findings));
    assert.deepEqual(left(), []);
    // A list gives the same file, except for the second of its creation.
    const listed = iso20022.makePayment({ transactions: [...transfers(MANY)], debtor, executionDate });
    const without = (xml) => xml.replace(/<CreDtTm>[^<]*</, '');
    assert.equal(without(listed.xml), without(fs.readFileSync(file, 'utf8')));
  });

  test('the error of a generator comes out, and nothing is left', () => {
    const own = new Error('the database is gone');
    function* failing() {
      yield* transfers(100);
      throw own;
    }
    const file = path.join(folder, 'never.xml');
    assert.equal(refused(() => iso20022.makePayment({ transactions: failing(), debtor, executionDate, path: file })), own);
    assert.deepEqual(left(), []);
    assert.ok(!fs.existsSync(file));
  });

  test('a faulty transaction of a generator is named', () => {
    const given = new Set([transfer(1), transfer(2, 'EE382200221020145686')]);
    const error = refused(() => iso20022.makePayment({ transactions: given, debtor, executionDate }));
    assert.equal(error.code, codes.ISO20022_PAYMENT_REFUSED);
    assert.match(error.message, /transaction 2.*creditor\.iban/);
    assert.deepEqual(left(), []);
  });
});

describe('faults', () => {
  test('content beside a generator is refused', () => {
    const content = Buffer.from('{}');
    const error = refused(() => iso20022.makePayment({ content, transactions: transfers(1), debtor, executionDate }));
    assert.ok(error instanceof InvalidInputError);
    assert.deepEqual([error.code, error.context.field], [codes.INPUT_INVALID_FIELD, 'transactions']);
  });

  test('errors name the field as JavaScript spells it', () => {
    let error = refused(() => iso20022.makePayment({ transactions: [transfer()], debtor }));
    assert.equal(error.context.field, 'transactions[0].executionDate');
    const transactions = [transfer(1), transfer(2, 'EE38')];
    error = refused(() => iso20022.makePayment({ transactions, debtor, executionDate }));
    assert.deepEqual([error.context.field, error.context.count], ['transactions[1].creditor.iban', '1']);
  });
});
