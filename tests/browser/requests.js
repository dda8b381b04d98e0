// The page of requests.

import assert from 'node:assert/strict';

import { VERIFY_USER, send, sendBroken, sendValid, sign } from './bank.js';
import { fitsInto, ground, isNamed, isReadable, refusesForeignScript } from './measures.js';

const NASTY = '<img src=x onerror="window.foreign = true">';
const WITHIN = 4000;

const rows = (page) => page.locator('.request');
const latest = (page) => rows(page).first();

async function show({ page, bank }) {
  const answer = await page.goto(`${bank.origin}/requests`);
  await page.locator('#live[data-state=live]').waitFor();
  return answer;
}

// Shows the page, sends a request, and waits for its row.
async function showNext(test, sending) {
  await show(test);
  const before = await rows(test.page).count();
  await sending();
  await test.page.waitForFunction((count) => document.querySelectorAll('.request').length > count, before, { timeout: WITHIN });
  return latest(test.page);
}

async function openBroken(test, headers) {
  const row = await showNext(test, () => sendBroken(test.bank, headers));
  await row.locator('summary').first().click();
  await row.locator('.explained').waitFor();
  return row;
}

export const requestsTests = [
  ['an empty page says how to begin, and holds no more than its own', async (test) => {
    const { page, bank, picture } = test;
    const answer = await show(test);
    assert.equal(await page.locator('#empty').isVisible(), true);
    const command = await page.locator('#command').textContent();
    assert.ok(command.startsWith('bankchannel psd2 ') && command.includes(`--base-url ${bank.origin}/api`), command);
    assert.equal(await page.locator('#tools').isVisible(), false);
    const headers = answer.headers();
    assert.match(headers['content-security-policy'], /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['cache-control'], 'no-store');
    await isNamed(page);
    await isReadable(page);
    await picture('requests-empty');
    await fitsInto(page, 320);
    await picture('requests-empty-320');
  }],

  ['a valid request appears without a reload', async (test) => {
    const { page } = test;
    await show(test);
    await page.evaluate(() => { window.same = true; });
    const answer = await sendValid(test.bank);
    assert.equal(answer.status, 200);
    await latest(page).waitFor({ timeout: WITHIN });
    assert.match(await latest(page).locator('.verdict').textContent(), /valid, 200/);
    assert.match(await latest(page).locator('.target').textContent(), /^POST \/api\/v1\/user\/verification$/);
    assert.equal(await latest(page).locator('.tpp').textContent(), 'PSDNO-FSA-987654321');
    assert.equal(await page.locator('#empty').isVisible(), false);
    await latest(page).locator('summary').click();
    assert.match(await latest(page).locator('.lead').textContent(), /^Valid\./);
    assert.equal(await page.evaluate(() => window.same), true);
  }],

  ['a wrong byte is found, marked and explained', async (test) => {
    const { page, picture } = test;
    const row = await openBroken(test);
    assert.match(await row.locator('.verdict').textContent(), /V30 SIGNATURE_INVALID/);
    const marked = (side) => row.locator(`[data-side=${side}] mark`).allTextContents();
    assert.deepEqual(await marked('expected'), ['S']);
    assert.deepEqual(await marked('actual'), ['s']);
    assert.match(await row.locator('[data-side=actual] li').nth(1).textContent(), /^2digest:.sha-256=/);
    assert.match(await row.locator('[data-side=expected] li').nth(0).textContent(), /GMT\\n$/);
    assert.match(await row.locator('[data-side=expected] li').nth(2).textContent(), /[0-9a-f]$/);
    assert.match(await row.locator('.first').textContent(), /byte 44, line 2, column 9 \(digest\): expected S \(53\), found s \(73\)/);
    assert.equal(await row.locator('[data-hypothesis=H-08]').count(), 1);
    assert.match(await row.locator('[data-hypothesis=H-08]').textContent(), /compute the Digest header once/i);
    assert.equal(await row.locator('.advice').count(), 1);
    await row.locator('.more > summary').click();
    assert.equal(await row.locator('[data-check=V30]').getAttribute('class'), 'failed');
    assert.equal(await row.locator('[data-check=V28]').getAttribute('class'), 'ok');
    assert.ok(await row.locator('.checks li').count() > 30);
    assert.match(await row.locator('.facts').last().textContent(), /Key id.*SN.*Digest|Digest.*Key id.*SN/);
    await isNamed(page);
    await isReadable(page);
    await picture('requests-explained');
  }],

  ['a body that was changed is told from a wrong signature', async (test) => {
    const { bank, picture } = test;
    const row = await showNext(test, async () => {
      const signed = await sign(bank, VERIFY_USER);
      return send(bank, { ...signed, body: `${signed.body}\n` });
    });
    assert.match(await row.locator('.verdict').textContent(), /V28 FORMAT_ERROR/);
    await row.locator('summary').first().click();
    assert.match(await row.locator('.explained').textContent(), /The Digest header does not fit the body.*Received.*Expected/);
    await picture('requests-digest');
  }],

  ['a wrong key id is shown part by part', async (test) => {
    const { bank, page, picture } = test;
    const row = await showNext(test, async () => send(bank, await sign(bank, { ...VERIFY_USER, options: ['--serial', 'decimal'] })));
    assert.match(await row.locator('.verdict').textContent(), /V23 SIGNATURE_INVALID/);
    await row.locator('summary').first().click();
    assert.match(await row.locator('tbody tr').first().textContent(), /SN.*differs/);
    await isReadable(page);
    await fitsInto(page, 320);
    await picture('requests-key-id-320');
  }],

  ['what a request holds is text, whatever it holds', async (test) => {
    const { page } = test;
    const given = Buffer.from(`date: ${NASTY}\ndigest: x\n`).toString('base64');
    const row = await openBroken(test, [['X-Sandbox-Signing-String', given]]);
    assert.match(await row.locator('[data-side=actual]').textContent(), /says it signed/);
    assert.ok((await row.locator('[data-side=actual] li').first().textContent()).includes(NASTY));
    assert.equal(await page.locator('img').count(), 0);
    assert.equal(await page.evaluate(() => window.foreign), undefined);
  }],

  ['only the refused, if asked for', async (test) => {
    const { page } = test;
    await showNext(test, () => sendValid(test.bank));
    await page.locator('#only-refused').check();
    assert.equal(await page.locator('.valid:visible').count(), 0);
    assert.ok(await page.locator('.refused:visible').count() > 0);
    await page.locator('#only-refused').uncheck();
    assert.ok(await page.locator('.valid:visible').count() > 0);
    assert.match(await page.locator('#count').textContent(), /^\d+ requests, \d+ refused$/);
  }],

  ['what is open stays open when more requests come', async (test) => {
    const row = await openBroken(test);
    const number = await row.getAttribute('data-number');
    await showMore(test);
    assert.equal(await test.page.locator(`[data-number="${number}"] details`).first().getAttribute('open'), '');
  }],

  ['a lost connection is said, and found again', async (test) => {
    const { page, context, bank, picture } = test;
    await show(test);
    const before = await rows(page).count();
    await context.setOffline(true);
    await page.locator('#live[data-state=lost]').waitFor({ timeout: WITHIN });
    assert.match(await page.locator('#live').textContent(), /Connection lost/);
    await picture('requests-lost');
    await sendValid(bank);
    await context.setOffline(false);
    await page.locator('#live[data-state=live]').waitFor();
    await page.waitForFunction((count) => document.querySelectorAll('.request').length === count + 1, before);
  }],

  ['a hidden page asks for nothing until it is seen', async (test) => {
    const { page } = test;
    await show(test);
    let asked = 0;
    page.on('request', () => { asked += 1; });
    const hide = (hidden) => page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    await hide(true);
    await page.locator('#live[data-state=paused]').waitFor({ timeout: WITHIN });
    asked = 0;
    await page.waitForTimeout(2500);
    assert.equal(asked, 0);
    await hide(false);
    await page.locator('#live[data-state=live]').waitFor({ timeout: WITHIN });
    assert.ok(asked > 0);
  }],

  ['the keyboard is enough', async (test) => {
    const { page } = test;
    await showNext(test, () => sendValid(test.bank));
    const isAtRow = () => page.evaluate(() => document.activeElement.closest('.request') !== null);
    for (let times = 0; times < 10 && !await isAtRow(); times += 1) await page.keyboard.press('Tab');
    assert.equal(await isAtRow(), true);
    await page.keyboard.press('Enter');
    await latest(page).locator('.explained').waitFor();
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, 'solid');
  }],

  ['nothing beside the window of a phone', async (test) => {
    const { page, picture } = test;
    const row = await openBroken(test);
    await row.locator('.more > summary').click();
    for (const width of [360, 320]) {
      await fitsInto(page, width);
      await picture(`requests-${width}`);
    }
    const tops = await row.locator('.text').evaluateAll((texts) => texts.map((text) => text.getBoundingClientRect().top));
    assert.ok(tops[1] > tops[0], 'the strings stand one under the other');
  }],

  ['in the dark', async (test) => {
    const row = await openBroken(test);
    await row.locator('.more > summary').click();
    assert.ok(await ground(test.page) < 60);
    await isReadable(test.page);
    await test.picture('requests-dark');
  }, { colorScheme: 'dark' }],

  ['nothing moves for who wants that', async (test) => {
    await openBroken(test);
    const moving = await test.page.evaluate(() => document.getAnimations().length);
    assert.equal(moving, 0);
  }, { reducedMotion: 'reduce' }],

  ['a foreign inline script is not run', async (test) => {
    await show(test);
    await refusesForeignScript(test.page);
  }],

  ['a reset of the bank empties the page', async (test) => {
    const { page, bank } = test;
    await showNext(test, () => sendValid(bank));
    const answer = await fetch(`${bank.control_url}/sandbox/reset`, { method: 'POST' });
    assert.equal(answer.ok, true);
    await page.locator('#empty').waitFor({ timeout: WITHIN });
    assert.equal(await rows(page).count(), 0);
    await sendValid(bank);
    await latest(page).waitFor({ timeout: WITHIN });
    assert.equal(await rows(page).count(), 1);
  }],
];

async function showMore({ page, bank }) {
  const before = await rows(page).count();
  await sendValid(bank);
  await page.waitForFunction((count) => document.querySelectorAll('.request').length > count, before, { timeout: WITHIN });
}
