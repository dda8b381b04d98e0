// Requirements for every page: nothing wider than the window, and readable text.

import assert from 'node:assert/strict';

/** Nothing to scroll to sideways at this width. */
export async function fitsInto(page, width) {
  await page.setViewportSize({ width, height: 740 });
  const wide = await page.evaluate((room) => {
    const out = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > room + 0.5);
    const hidden = (element) => getComputedStyle(element).position === 'absolute';
    return { page: document.documentElement.scrollWidth, out: out.filter((element) => !hidden(element)).map((element) => element.outerHTML.slice(0, 120)) };
  }, width);
  assert.ok(wide.page <= width, `${wide.page} px wide in ${width}`);
  assert.deepEqual(wide.out, [], `beyond ${width} px`);
}

/** Every text has a contrast of 4.5 to 1 or more with its background (WCAG 2.2, 1.4.3), large text of 3 to 1. */
export async function isReadable(page) {
  const poor = await page.evaluate(() => {
    const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const over = (colour, ground) => {
      context.fillStyle = `rgb(${ground.join(' ')})`;
      context.fillRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    };
    const ground = (element) => {
      const below = element.parentElement ? ground(element.parentElement) : [255, 255, 255];
      return over(getComputedStyle(element).backgroundColor, below);
    };
    const light = (colour) => {
      const [red, green, blue] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const found = [];
    let texts = 0;
    for (const element of document.querySelectorAll('body *')) {
      const isText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
      if (!isText || !element.checkVisibility() || element.closest(':disabled, noscript, script')) continue;
      texts += 1;
      const style = getComputedStyle(element);
      const behind = ground(element);
      const [one, other] = [light(over(style.color, behind)), light(behind)].sort((a, b) => b - a);
      const ratio = (one + 0.05) / (other + 0.05);
      const size = Number.parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (ratio < (isLarge ? 3 : 4.5)) found.push(`${ratio.toFixed(2)}: ${element.outerHTML.slice(0, 100)}`);
    }
    return { texts, found };
  });
  assert.ok(poor.texts > 3, 'no text to read');
  assert.deepEqual(poor.found, []);
}

/** The background's lightness, from 0 to 255. */
export function ground(page) {
  return page.evaluate(() => {
    const parts = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
    return Math.max(...parts.slice(0, 3));
  });
}

/** Every control has a name, and every id that a label or an attribute names is there. */
export async function isNamed(page) {
  const nameless = await page.evaluate(() => [...document.querySelectorAll('input:not([type=hidden]), button, summary')]
    .filter((control) => !control.labels?.length && !control.textContent.trim() && !control.ariaLabel)
    .map((control) => control.outerHTML));
  assert.deepEqual(nameless, []);
  assert.equal(await page.locator('h1').count(), 1);
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
}

/** An inline script that somebody got into the page is not run. */
export async function refusesForeignScript(page) {
  const outcome = await page.evaluate(() => new Promise((resolve) => {
    document.addEventListener('securitypolicyviolation', (event) => resolve({ ran: window.foreign, blocked: event.effectiveDirective }));
    const script = document.createElement('script');
    script.textContent = 'window.foreign = true';
    document.body.append(script);
    setTimeout(() => resolve({ ran: window.foreign, blocked: null }), 2000);
  }));
  assert.deepEqual(outcome, { ran: undefined, blocked: 'script-src-elem' });
}
