'use strict';

// The package in a bundle: bundlers that need nothing, and the needs of the others. With esbuild, if the tests' runner
// has installed it.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');

const paths = require('./helpers/paths');

const bundler = path.join(paths.target, 'npm/node_modules/esbuild/bin/esbuild');
const missing = !fs.existsSync(bundler) && !process.env.BANKCHANNEL_TESTS_REQUIRE_TOOLS && 'esbuild is not installed';
const addon = path.join(paths.package, 'bankchannel.node');
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
let folder;

before(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'bankchannel-')));
  const installed = path.join(folder, 'node_modules/bankchannel');
  for (const name of ['lib', 'index.js', 'index.mjs', 'package.json'])
    fs.cpSync(path.join(paths.package, name), path.join(installed, name), { recursive: true });
  const native = path.join(folder, `node_modules/@bankchannel/${process.platform}-${process.arch}-gnu`);
  fs.mkdirSync(native, { recursive: true });
  fs.symlinkSync(addon, path.join(native, 'bankchannel.node'));
  const program = `import { WsChannel } from 'bankchannel';
    const { publicKey } = new WsChannel().generateKey({ name: 'You', email: 'you@example.com' });
    console.log(publicKey.split('\\n')[0]);`;
  fs.writeFileSync(path.join(folder, 'program.mjs'), program);
});

after(() => fs.rmSync(folder, { recursive: true }));

function ran(command, cwd = folder) {
  const done = spawnSync(process.execPath, command, { cwd, encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

/** Makes a bundle below `out/`, where it is then run. */
function bundled(name, ...options) {
  const made = path.join(folder, 'out', name);
  const words = ['program.mjs', '--bundle', '--platform=node', `--outfile=${made}`, '--log-level=warning', ...options];
  const done = spawnSync(bundler, words, { cwd: folder, encoding: 'utf8' });
  assert.deepEqual([done.status, done.stderr], [0, '']);
  return made;
}

test('a bundle as CommonJS needs nothing but the installed packages', { skip: missing }, () => {
  assert.match(ran([bundled('plain.cjs')]), /BEGIN PGP PUBLIC KEY/);
});

test('without them it needs the native half beside it', { skip: missing }, () => {
  const alone = fs.mkdtempSync(path.join(os.tmpdir(), 'bankchannel-'));
  const made = path.join(alone, 'program.cjs');
  fs.copyFileSync(bundled('alone.cjs'), made);
  const done = spawnSync(process.execPath, [made], { cwd: alone, encoding: 'utf8' });
  assert.match(done.stderr, /bundle/);
  fs.copyFileSync(addon, path.join(alone, 'bankchannel.node'));
  assert.match(ran([made], '/'), /BEGIN PGP PUBLIC KEY/);
  fs.rmSync(alone, { recursive: true });
});

test('a bundle as an ES module needs `require`, or the package outside', { skip: missing }, () => {
  assert.match(ran([bundled('own.mjs', '--format=esm', `--banner:js=${REQUIRE}`)]), /BEGIN PGP PUBLIC KEY/);
  const outside = bundled('outside.mjs', '--format=esm', '--external:bankchannel');
  assert.ok(fs.statSync(outside).size < 2_000);
  assert.match(ran([outside]), /BEGIN PGP PUBLIC KEY/);
});

test('a file name that a bundler has made up does not matter', () => {
  const program = `
    const { readFileSync } = require('node:fs');
    const { createRequire } = require('node:module');
    const there = createRequire(${JSON.stringify(path.join(paths.package, 'lib/native.js'))});
    for (const name of ["'/ROOT/lib/native.js'", 'undefined']) {
      const module = { exports: {} };
      const text = readFileSync(there.resolve('./native.js'), 'utf8');
      new Function('require', 'module', '__filename', text)(there, module, eval(name));
      console.log(module.exports.native().version());
    }`;
  fs.writeFileSync(path.join(folder, 'made-up.cjs'), program);
  const { version } = require('../package.json');
  assert.equal(ran(['made-up.cjs']), `${version}\n${version}\n`);
});
