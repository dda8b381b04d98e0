// The sandbox bank's pages in a real browser.
//
//   BANKCHANNEL=…/bankchannel node run.js [FOLDER]      screenshots go into FOLDER
//
// It ends with one line: N passed, N failed.

import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { chromium } from 'playwright-core';

import { startBank, startThirdParty } from './bank.js';
import { customerTests } from './customer.js';
import { requestsTests } from './requests.js';

if (!process.env.BANKCHANNEL) throw new Error('BANKCHANNEL must name the command');
const folder = resolve(process.argv[2] ?? 'screenshots');
await mkdir(folder, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const bank = await startBank();
const thirdParty = await startThirdParty();
const allowed = new Set([bank.origin, thirdParty.origin]);

// A page that fails its test if it opens another site, or if its script fails.
async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('request', (request) => {
    if (!allowed.has(new URL(request.url()).origin)) faults.push(`asked for ${request.url()}`);
  });
  page.on('pageerror', (error) => faults.push(`script error: ${error.message}`));
  page.setDefaultTimeout(10_000);
  return { page, context, faults, picture: (name) => page.screenshot({ path: `${folder}/${name}.png`, fullPage: true }) };
}

let passed = 0;
let failed = 0;
for (const [name, test, options] of [...requestsTests, ...customerTests]) {
  const opened = await open(options);
  try {
    await test({ ...opened, bank, thirdParty });
    if (opened.faults.length > 0) throw new Error(opened.faults.join('; '));
    passed += 1;
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n        ${error.stack}`);
    await opened.picture(`failed-${failed}`).catch(() => {});
  }
  await opened.context.close();
}

await browser.close();
await thirdParty.stop();
await bank.stop();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
