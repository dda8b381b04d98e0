'use strict';

// The list of requests, in sync with the bank. Request data is inserted as text, never as HTML.

const INTERVAL = 1000;
const LONGEST_PAUSE = 5000;
const TIMEOUT = 10000;

const at = (id) => document.getElementById(id);
const shown = new Map();
let run = null;
let latest = 0;
let failures = 0;
let timer = 0;
let asking = false;

// Creates an element with attributes and children; a child that is not an element becomes text.
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function say(state, text) {
  if (at('live').dataset.state === state) return;
  at('live').dataset.state = state;
  at('live-text').textContent = text;
}

async function ask() {
  const answer = await fetch(`/requests.json?after=${latest}`, {
    cache: 'no-store',
    credentials: 'omit',
    signal: AbortSignal.timeout?.(TIMEOUT),
  });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

async function poll() {
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  let pause = INTERVAL;
  try {
    const answer = await ask();
    failures = 0;
    say('live', 'Live');
    // The bank was restarted or replaced: the rows shown belong to the former one.
    if (run !== null && run !== answer.run) {
      forget(Infinity);
      latest = 0;
      pause = 0;
    } else {
      take(answer);
    }
    run = answer.run;
  } catch {
    failures += 1;
    pause = Math.min(INTERVAL * failures, LONGEST_PAUSE);
    if (!document.hidden) say('lost', 'Connection lost, trying again');
  }
  asking = false;
  if (document.hidden) say('paused', 'Paused while hidden');
  else timer = setTimeout(poll, pause);
}

function take(answer) {
  const isFirst = run === null;
  forget(answer.first);
  const rows = answer.requests.filter((request) => !shown.has(request.number)).sort((a, b) => a.number - b.number);
  for (const request of rows) {
    const row = requestRow(request);
    if (!isFirst) row.classList.add('new');
    shown.set(request.number, row);
    at('requests').prepend(row);
  }
  latest = Math.max(latest, answer.latest);
  summarise();
}

// Removes the rows that are older than the bank's oldest request.
function forget(first) {
  for (const [number, row] of shown) {
    if (number >= first) continue;
    row.remove();
    shown.delete(number);
  }
}

function summarise() {
  const refused = [...shown.values()].filter((row) => row.classList.contains('refused')).length;
  at('count').textContent = `${shown.size} ${shown.size === 1 ? 'request' : 'requests'}, ${refused} refused`;
  at('tools').hidden = shown.size === 0;
  at('empty').hidden = shown.size > 0;
  at('all-valid').hidden = !at('only-refused').checked || shown.size === 0 || refused > 0;
}

function requestRow(request) {
  const isValid = request.check === null;
  const said = [request.check, request.code].filter(Boolean).join(' ');
  const summary = make('summary', {},
    make('time', { datetime: request.at, title: request.at }, request.at.slice(11, 19)),
    make('span', { class: 'target' }, make('span', { class: 'method' }, request.method), ' ', request.path),
    make('span', { class: 'tpp' }, request.third_party ?? 'unknown third party'),
    make('span', { class: 'verdict' }, isValid ? `✓ valid, ${request.status}` : `✕ ${said}`));
  const details = make('details', {}, summary);
  // Built when first opened: there may be hundreds of rows.
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1) details.append(explained(request));
  });
  return make('li', { class: `request ${isValid ? 'valid' : 'refused'}`, 'data-number': request.number }, details);
}

// Shows the commands for a first request, with this bank's address.
function welcome() {
  const command = ['bankchannel psd2 update-bank-offered-consents', `--base-url ${location.origin}/api`];
  if (location.protocol === 'https:') {
    command.push('--ca-file DATA/ca.pem', '--client-certificate DATA/certificates/tpp1-qwac.pem',
      '--client-key DATA/certificates/tpp1-qwac.key');
  }
  command.push('--certificate DATA/certificates/tpp1-qseal.pem', '--private-key DATA/certificates/tpp1-qseal.key',
    '--redirect-uri https://tpp.example/cb');
  at('command').textContent = command.join(' \\\n  ');
  at('base-url').textContent = `${location.origin}/api`;
  at('bg-base-url').textContent = `${location.origin}/bg`;
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    clearTimeout(timer);
    if (!asking) say('paused', 'Paused while hidden');
  } else {
    poll();
  }
});
at('only-refused').addEventListener('change', () => {
  at('requests').classList.toggle('only-refused', at('only-refused').checked);
  summarise();
});
document.addEventListener('DOMContentLoaded', () => {
  welcome();
  poll();
});
