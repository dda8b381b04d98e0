
// Two signing strings side by side: line numbers, visible line ends, the first different byte marked.

const MAX_LINES = 200;

function signingStrings(explain) {
  const expected = bytesOf(explain.expected_signing_string);
  if (!expected) return null;
  const other = bytesOf(explain.actual_signing_string);
  const proven = bytesOf(explain.signed_text);
  // The string reported by the third party, unless only the signature proves it.
  const isProven = other !== null && proven !== null && explain.client_text_was_signed !== true && firstDifference(other, proven) === null;
  const offset = other ? firstDifference(expected, other) : null;
  const isSame = other !== null && offset === null;
  const whole = explain.verdict === 'V30' ? 'Expected by the bank; the third party says the same, but signed another' : 'Expected by the bank, and signed';
  const texts = [signingString(isSame ? whole : 'Expected by the bank', expected, other, offset, 'expected')];
  if (other && !isSame) {
    const whose = isProven ? 'Signed, as the signature proves' : 'What the third party says it signed';
    texts.push(signingString(whose, other, expected, offset, 'actual'));
  }
  return section('Signing string', make('div', { class: 'texts' }, ...texts), difference(explain.diff), fates(explain.diff));
}

function bytesOf(text) {
  return text ? Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)) : null;
}

function firstDifference(left, right) {
  const length = Math.min(left.length, right.length);
  for (let offset = 0; offset < length; offset += 1) if (left[offset] !== right[offset]) return offset;
  return left.length === right.length ? null : length;
}

function signingString(title, bytes, other, offset, side) {
  const others = other ? split(other) : [];
  const rows = split(bytes).slice(0, MAX_LINES).map(([start, end], index) => {
    const there = others[index];
    const isSame = !other || (there && equal(bytes.subarray(start, end), other.subarray(there[0], there[1])));
    return make('li', { class: isSame ? null : 'differs' },
      make('span', { class: 'number' }, String(index + 1)),
      visible(bytes, start, end, offset));
  });
  const more = split(bytes).length - rows.length;
  return make('div', { class: 'text', 'data-side': side }, make('h4', {}, title), make('ol', { class: 'lines' }, ...rows),
    more > 0 ? make('p', {}, `${more} more lines are not shown.`) : null);
}

// Start and end of each line, including its line feed; an empty text has one empty line.
function split(bytes) {
  const lines = [];
  let start = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] !== 10) continue;
    lines.push([start, at + 1]);
    start = at + 1;
  }
  if (start < bytes.length || lines.length === 0) lines.push([start, bytes.length]);
  return lines;
}

function equal(left, right) {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

function visible(bytes, start, end, offset) {
  const out = make('code');
  let plain = '';
  const flush = () => {
    if (plain) out.append(plain);
    plain = '';
  };
  for (let at = start; at < end; at += 1) {
    const isMarked = at === offset;
    const isEdge = at + 1 === end || bytes[at + 1] === 10 || bytes[at + 1] === 13 || at === start;
    const text = byteText(bytes[at], isMarked || isEdge);
    const isMade = text.length > 1 || text === '␠';
    if (!isMarked && !isMade) {
      plain += text;
      continue;
    }
    flush();
    out.append(make(isMarked ? 'mark' : 'span', isMarked ? {} : { class: 'made' }, text));
  }
  flush();
  // This text ends where the other one continues.
  if (offset === bytes.length && end === bytes.length) out.append(make('mark', {}, 'end'));
  return out;
}

function byteText(byte, isSpaceShown) {
  if (byte === 10) return '\\n';
  if (byte === 13) return '\\r';
  if (byte === 9) return '\\t';
  if (byte === 32) return isSpaceShown ? '␠' : ' ';
  if (byte > 32 && byte < 127) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

function difference(diff) {
  if (!diff) return null;
  const byte = (side) => (!side ? ['the end'] : [make('code', {}, side.text), ` (${side.hex})`]);
  const notes = [
    diff.crlf ? 'It has carriage returns.' : null,
    diff.trailing_newline ? 'It ends in a line feed.' : null,
    diff.bom ? 'It begins with a byte order mark.' : null,
  ].filter(Boolean);
  return make('p', { class: 'first' },
    `First difference: byte ${diff.offset}, line ${diff.line}, column ${diff.column}${diff.header ? ` (${diff.header})` : ''}: expected `,
    ...byte(diff.expected), ', found ', ...byte(diff.actual), `. ${notes.join(' ')}`);
}

// Lines that only one of the two texts has.
function fates(diff) {
  const lines = (diff?.lines ?? []).filter((line) => line.status === 'missing' || line.status === 'extra');
  if (lines.length === 0) return null;
  return make('ul', { class: 'fates' }, ...lines.map((line) => make('li', {}, make('code', {}, line.name), ` ${line.status}`)));
}
