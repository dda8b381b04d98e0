
// Shows the explanation of one request (its members: §3.3).

const SIGNS = { ok: '✓', failed: '✕', warning: '!', skipped: '–' };

function explained(request) {
  const explain = request.explain;
  const parts = [lead(request)];
  if (explain) {
    parts.push(...causes(explain), digest(explain.digest), keyId(explain.key_id), signingStrings(explain), checks(explain));
  }
  parts.push(facts(request, explain));
  return make('div', { class: 'explained' }, ...parts);
}

function lead(request) {
  if (request.check === null) {
    return make('p', { class: 'lead' }, make('strong', {}, 'Valid.'), ' Every check of the bank passed.');
  }
  const text = request.message ?? 'refused';
  const id = request.check ? `${request.check}: ` : '';
  return make('p', { class: 'lead' }, id ? make('strong', {}, id) : null, ...prose(text.startsWith(id) ? text.slice(id.length) : text));
}

// The confirmed hypotheses with their advice; the verdict's own advice if none of them gives it.
function causes(explain) {
  const matched = (explain.hypotheses ?? []).filter((hypothesis) => hypothesis.matched);
  const items = matched.map((hypothesis) => make('li', { 'data-hypothesis': hypothesis.id },
    make('p', { class: 'what' }, ...prose(hypothesis.text), ' ', make('span', { class: 'id' }, hypothesis.id)),
    hypothesis.advice ? advice(hypothesis.advice) : null));
  const isSaid = !explain.advice || matched.some((hypothesis) => hypothesis.advice === explain.advice);
  return [
    isSaid ? null : advice(explain.advice),
    items.length > 0 ? section('What happened', make('ul', { class: 'causes' }, ...items)) : recovered(explain),
  ];
}

function advice(text) {
  return make('p', { class: 'advice' }, make('strong', {}, 'What to do: '), ...prose(text, false));
}

// What the signature reveals if no hypothesis explains it.
function recovered(explain) {
  if (explain.verdict !== 'V30' || !explain.recovered) return null;
  const text = {
    'pkcs1-v1_5': 'The key fits the certificate, but another text was signed, and none of the usual mistakes gives it. ' +
      'Compare the text that the client signs, byte by byte, with the one below.',
    'pss-or-wrong-key': 'The signature was not made with this certificate’s key, or was made with another padding.',
    'length mismatch': 'The signature is not as long as the certificate’s key.',
  }[explain.recovered.padding];
  return text ? section('What happened', make('p', {}, text)) : null;
}

function digest(report) {
  if (!report || !report.received || (report.matches && !report.variant)) return null;
  const rows = [
    ['Received', code(report.received)],
    ['Expected', code(report.sha256)],
    ['or', code(report.sha512)],
    ['Body', `${report.body_length} ${report.body_length === 1 ? 'byte' : 'bytes'}`],
  ];
  if (report.variant) rows.push(['It is the digest of', report.variant]);
  return section('The Digest header does not fit the body', list(rows));
}

function keyId(report) {
  if (!report) return null;
  const parts = [report.serial, ...(report.issuer ?? [])].filter(Boolean);
  if (parts.every((part) => part.same)) return null;
  const row = (part) => make('tr', {},
    make('th', { scope: 'row' }, part.attribute),
    make('td', { 'data-label': 'Key id', class: part.same ? null : 'wrong' }, code(part.key_id ?? 'nothing')),
    make('td', { 'data-label': 'Certificate' }, code(part.certificate ?? 'nothing')),
    make('td', { class: part.same ? 'right' : 'wrong' }, part.same ? 'same' : 'differs'));
  const head = ['Part', 'Key id', 'Certificate', 'Verdict'].map((text) => make('th', { scope: 'col' }, text));
  return section('The key id does not name the certificate',
    make('table', {}, make('thead', {}, make('tr', {}, ...head)), make('tbody', {}, ...parts.map(row))));
}

function checks(explain) {
  const all = explain.checks ?? [];
  const count = (status) => all.filter((check) => check.status === status).length;
  const told = Object.entries({ failed: 'failed', warning: 'with a warning', ok: 'passed', skipped: 'not run' })
    .filter(([status]) => count(status) > 0).map(([status, text]) => `${count(status)} ${text}`);
  const item = (check) => make('li', { class: check.status, 'data-check': check.id },
    make('span', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[check.status] ?? ''),
    make('span', { class: 'id' }, check.id),
    make('span', {}, ...spans(check.text), make('span', { class: 'visually-hidden' }, `: ${check.status}`)));
  const details = make('details', { class: 'more' },
    make('summary', {}, `All checks: ${told.join(', ')}`), make('ul', { class: 'checks' }, ...all.map(item)));
  return details;
}

function facts(request, explain) {
  const rows = [['Answer', `${request.status}${request.code ? ` ${request.code}` : ''}, in ${request.ms.toFixed(1)} ms`],
    ['Came at', request.at], ['Third party', request.third_party ?? 'unknown']];
  if (request.operation) rows.push(['Operation', code(request.operation)]);
  if (request.request_id) rows.push(['X-Request-ID', code(request.request_id)]);
  if (explain?.digest?.matches) rows.push(['Digest', code(explain.digest.received)]);
  const id = explain?.key_id;
  if (id && id.serial.same && id.issuer.length > 0 && id.issuer.every((part) => part.same)) {
    rows.push(['Key id', code(`SN ${id.serial.key_id}, ${id.issuer.map((part) => `${part.attribute} ${part.key_id}`).join(', ')}`)]);
  }
  return section('The request', list(rows));
}

function section(title, ...children) {
  return make('section', {}, make('h3', {}, title), ...children);
}

function list(rows) {
  return make('dl', { class: 'facts' }, ...rows.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
}

function code(text) {
  return make('span', { class: 'code' }, text);
}

// A sentence; text between backquotes becomes code.
function prose(text, isFirst = true) {
  const begun = isFirst && /^[a-z]+[ ,]/.test(text) ? text[0].toUpperCase() + text.slice(1) : text;
  const whole = /[.!?]$/.test(begun) ? begun : `${begun}.`;
  return spans(whole);
}

function spans(text) {
  return text.split(/`([^`]*)`/).map((part, index) => (index % 2 === 1 ? code(part) : part));
}
