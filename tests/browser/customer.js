// The customer's page with scripting disabled: it must not need any.

import assert from 'node:assert/strict';

import { offer } from './bank.js';
import { fitsInto, ground, isNamed, isReadable, refusesForeignScript } from './measures.js';

const WITHOUT_SCRIPT = { javaScriptEnabled: false };

async function visit({ page, bank, thirdParty }) {
  const url = await offer(bank, thirdParty.callback);
  const answer = await page.goto(url);
  assert.equal(answer.status(), 200);
  return { url, answer };
}

async function press(page, name) {
  await page.getByRole('button', { name, exact: true }).click();
}

const title = (page) => page.getByRole('heading', { level: 1 });

export const customerTests = [
  ['the customer approves', async (test) => {
    const { page, thirdParty } = test;
    const { url, answer } = await visit(test);
    const policy = answer.headers()['content-security-policy'];
    assert.match(policy, /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; frame-ancestors 'none'$/);
    assert.match(await page.locator('header').textContent(), /For tests only/);
    assert.match(await page.locator('main').textContent(), /PSDNO-FSA-987654321/);
    thirdParty.visits.length = 0;
    await press(page, 'Approve');
    await page.waitForURL((at) => at.origin === thirdParty.origin);
    const [{ parameters, headers }] = thirdParty.visits;
    assert.equal(parameters.state, 'a+b');
    assert.match(parameters['psu-id'], /^psu-/);
    assert.match(parameters['tpp-session-id'], /./);
    assert.equal(headers.referer, undefined);
    const again = await page.goto(url);
    assert.equal(again.status(), 400);
    assert.match(await title(page).textContent(), /was answered/);
    await test.picture('customer-used');
  }, WITHOUT_SCRIPT],

  ['the customer refuses', async (test) => {
    const { page, thirdParty } = test;
    await visit(test);
    thirdParty.visits.length = 0;
    await press(page, 'Refuse');
    await page.waitForURL((at) => at.origin === thirdParty.origin);
    const [{ parameters }] = thirdParty.visits;
    assert.equal(parameters.state, 'a+b');
    assert.match(parameters.message, /refused/);
    assert.equal(parameters['psu-id'], undefined);
  }, WITHOUT_SCRIPT],

  ['without an account there is nothing to approve', async (test) => {
    const { page, thirdParty } = test;
    await visit(test);
    const boxes = page.getByRole('checkbox');
    assert.ok(await boxes.count() >= 2);
    for (const box of await boxes.all()) await box.uncheck();
    thirdParty.visits.length = 0;
    await press(page, 'Approve');
    assert.match(await page.getByRole('alert').textContent(), /at least one account/);
    assert.equal(thirdParty.visits.length, 0);
    await test.picture('customer-again');
    await page.getByRole('checkbox').first().check();
    await press(page, 'Approve');
    await page.waitForURL((at) => at.origin === thirdParty.origin);
    assert.match(thirdParty.visits[0].parameters['psu-id'], /^psu-/);
  }, WITHOUT_SCRIPT],

  ['another customer has other accounts', async (test) => {
    const { page, thirdParty } = test;
    await visit(test);
    const people = page.getByRole('radio');
    assert.ok(await people.count() >= 2);
    assert.equal(await page.getByRole('checkbox').first().isVisible(), true);
    await people.last().check();
    assert.equal(await page.getByRole('checkbox').first().isVisible(), false);
    thirdParty.visits.length = 0;
    await press(page, 'Approve');
    await page.waitForURL((at) => at.origin === thirdParty.origin);
    assert.match(thirdParty.visits[0].parameters['psu-id'], /^psu-/);
  }, WITHOUT_SCRIPT],

  ['a link that the bank does not know', async ({ page, bank, picture }) => {
    const answer = await page.goto(`${bank.origin}/tap?flow=psd2&state=6f9f1d2c-0b6e-4f43-9a51-1c9a4be7a001`);
    assert.equal(answer.status(), 404);
    assert.match(await title(page).textContent(), /leads nowhere/);
    await isReadable(page);
    await picture('customer-unknown');
  }],

  ['the keyboard is enough', async (test) => {
    const { page, thirdParty } = test;
    await visit(test);
    thirdParty.visits.length = 0;
    const reached = [];
    for (let times = 0; times < 12 && reached.at(-1) !== 'refuse'; times += 1) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate(() => document.activeElement.value ?? document.activeElement.tagName));
    }
    assert.ok(reached.indexOf('approve') > 0 && reached.indexOf('approve') < reached.indexOf('refuse'), reached.join(' '));
    await page.keyboard.press('Enter');
    await page.waitForURL((at) => at.origin === thirdParty.origin);
    assert.match(thirdParty.visits[0].parameters.message, /refused/);
  }],

  ['everything has a name and can be read', async (test) => {
    await visit(test);
    await isNamed(test.page);
    await isReadable(test.page);
    await test.picture('customer');
  }],

  ['nothing beside the window of a phone', async (test) => {
    await visit(test);
    for (const width of [360, 320]) {
      await fitsInto(test.page, width);
      await test.picture(`customer-${width}`);
    }
  }],

  ['in the dark', async (test) => {
    await visit(test);
    assert.ok(await ground(test.page) < 60);
    await isReadable(test.page);
    await test.picture('customer-dark');
  }, { colorScheme: 'dark' }],

  ['a foreign inline script is not run', async (test) => {
    await visit(test);
    await refusesForeignScript(test.page);
  }],
];
