// Reading a statement (camt.053) of 100,000 entries into typed results, compared with fast-xml-parser: one JSON line.
//
//     NODE_PATH=target/npm/node_modules node statement.mjs FILE        made with: cargo run --release -p bankchannel-iso20022 --example read_speed 100000 FILE
//
// Both read the same eleven fields of each entry. Processor time, alternating; the minimum counts.
import fs from 'node:fs';
import { createRequire } from 'node:module';

import { iso20022 } from '../index.mjs';

const { XMLParser } = createRequire(import.meta.url)('fast-xml-parser');
const [path] = process.argv.slice(2);

async function ours(take) {
  for await (const [, entry] of iso20022.statementEntries({ content: { path } })) {
    const { money, counterparty } = entry;
    take([
      entry.reference,
      money.amount,
      money.currency,
      entry.direction,
      entry.status.code,
      entry.bookingDate,
      entry.servicerReference,
      entry.endToEndId,
      counterparty.name,
      counterparty.iban,
      entry.text,
    ]);
  }
}

async function fastXmlParser(take) {
  const parser = new XMLParser({ ignoreAttributes: false, parseTagValue: false });
  const document = parser.parse(fs.readFileSync(path, 'utf8'));
  for (const entry of [document.Document.BkToCstmrStmt.Stmt.Ntry].flat()) {
    const detail = [entry.NtryDtls.TxDtls].flat()[0];
    take([
      entry.NtryRef,
      entry.Amt['#text'],
      entry.Amt['@_Ccy'],
      { CRDT: 'credit', DBIT: 'debit' }[entry.CdtDbtInd],
      entry.Sts.Cd,
      entry.BookgDt.Dt,
      entry.AcctSvcrRef,
      detail.Refs.EndToEndId,
      detail.RltdPties.Dbtr.Pty.Nm,
      detail.RltdPties.DbtrAcct.Id.IBAN,
      detail.RmtInf.Ustrd,
    ]);
  }
}

const ways = { bankchannel: ours, 'fast-xml-parser': fastXmlParser };
const least = {};
const last = {};
let added;
for (let round = 0; round < 3; round += 1) {
  for (const [name, way] of Object.entries(ways)) {
    const before = process.resourceUsage();
    let count = 0;
    let found;
    await way((row) => {
      count += 1;
      found = row;
    });
    const after = process.resourceUsage();
    const took = (after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime) / 1e6;
    least[name] = Math.min(took, least[name] ?? took);
    last[name] = JSON.stringify([count, ...found.map(String)]);
    added ??= after.maxRSS - before.maxRSS;
  }
}
if (new Set(Object.values(last)).size !== 1) throw new Error(`they read different things: ${JSON.stringify(last)}`);
const times = Object.fromEntries(Object.keys(ways).map((name) => [name, +(least[name] / least.bankchannel).toFixed(2)]));
console.log(JSON.stringify({ seconds: least.bankchannel, times, kib_added: added }));
