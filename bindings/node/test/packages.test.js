'use strict';

// How the package finds its native half, the errors when it does not, and the packages as users get them.

const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');

const paths = require('./helpers/paths');
const { run } = require('./helpers/process');
const { addon: testing, missing } = require('./helpers/testing');

const addon = path.join(paths.package, 'bankchannel.node');
const manifest = require('../package.json');
const nft = path.join(paths.target, 'npm/node_modules/@vercel/nft');
const tracer = !fs.existsSync(nft) && !process.env.BANKCHANNEL_TESTS_REQUIRE_TOOLS && '@vercel/nft is not installed';
let folder;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bankchannel-'));
});

after(() => fs.rmSync(folder, { recursive: true }));

/** The package without its addon, in a separate folder. */
function bare(name, change = {}) {
  const place = path.join(folder, name, 'node_modules/bankchannel');
  fs.cpSync(path.join(paths.package, 'lib'), path.join(place, 'lib'), { recursive: true });
  for (const file of ['index.js', 'index.mjs']) fs.copyFileSync(path.join(paths.package, file), path.join(place, file));
  fs.writeFileSync(path.join(place, 'package.json'), JSON.stringify({ ...manifest, ...change }));
  return place;
}

/** The exception when a client of it is created. */
async function thrown(place, before = '') {
  const program = `${before};
    const { BankchannelError, ConfigurationError, WsChannel } = require(${JSON.stringify(place)});
    try { new WsChannel(); console.log('made'); } catch (error) {
      console.log(JSON.stringify([error instanceof ConfigurationError, error.code, error.message, error.context]));
    }`;
  const done = await run(program);
  assert.deepEqual([done.code, done.signal], [0, null], done.err);
  return done.out.trim() === 'made' ? 'made' : JSON.parse(done.out);
}

const platform = `@bankchannel/${process.platform}-${process.arch}-gnu`;

/** Puts a package of this platform next to it. */
function beside(place, file, from = addon) {
  const there = path.join(place, '..', platform);
  fs.mkdirSync(there, { recursive: true });
  if (from === null) fs.writeFileSync(path.join(there, file), 'this is no library');
  else fs.symlinkSync(from, path.join(there, file));
}

test('the package of the platform is found', async () => {
  const place = bare('found');
  beside(place, 'bankchannel.node');
  assert.equal(await thrown(place), 'made');
});

// Tools that trace follow `return join(__dirname, …)` to files, and nothing that is put together: this finds what they find.
test('every platform is named where tools look for the files of a deployment', () => {
  const place = bare('traced');
  const written = fs.readFileSync(path.join(place, 'lib/native.js'), 'utf8');
  const traced = [...written.matchAll(/\breturn join\(__dirname, '([^']+)'\)/g)].map(([, found]) => path.join(place, 'lib', found));
  const wanted = Object.keys(manifest.optionalDependencies).map((name) => path.join(place, '..', name, 'bankchannel.node'));
  assert.deepEqual(traced.sort(), wanted.sort());
});

test('a deployment of traced files has the native half', { skip: tracer }, async () => {
  const place = bare('deployed');
  beside(place, 'bankchannel.node');
  const base = path.join(folder, 'deployed');
  const { nodeFileTrace } = require(nft);
  for (const [name, first] of [['program.cjs', "const { WsChannel } = require('bankchannel')"], ['program.mjs', "import { WsChannel } from 'bankchannel'"]]) {
    fs.writeFileSync(path.join(base, name), `${first}; new WsChannel(); console.log('made');`);
    const { fileList } = await nodeFileTrace([path.join(base, name)], { base });
    const copy = path.join(folder, `copy of ${name}`);
    for (const file of fileList) {
      fs.mkdirSync(path.dirname(path.join(copy, file)), { recursive: true });
      fs.copyFileSync(path.join(base, file), path.join(copy, file));
    }
    const done = spawnSync(process.execPath, [name], { cwd: copy, encoding: 'utf8' });
    assert.deepEqual([done.stdout, done.stderr], ['made\n', ''], name);
  }
});

test('a native half that is not there: for which platform, which package, what to do', async () => {
  const [typed, code, message, context] = await thrown(bare('missing'));
  assert.deepEqual([typed, code], [true, 'configuration.invalid']);
  assert.deepEqual(context, { platform: `${process.platform} ${process.arch}`, package: platform });
  for (const part of [platform, '--omit=optional', 'lock file', 'build.sh', "outputFileTracingIncludes: { '/**': ['./node_modules/@bankchannel/**/*'] }"]) assert.ok(message.includes(part), message);
});

test('a platform that nothing is packed for: which there are, and what can be done', async () => {
  const elsewhere = `Object.defineProperty(process, 'platform', { value: 'aix' }); Object.defineProperty(process, 'arch', { value: 'ppc64' })`;
  const [typed, code, message, context] = await thrown(bare('elsewhere'), elsewhere);
  assert.deepEqual([typed, code], [true, 'configuration.invalid']);
  assert.deepEqual(context, { platform: 'aix ppc64', package: '@bankchannel/aix-ppc64' });
  for (const part of [...Object.keys(manifest.optionalDependencies), 'build.sh'])
    assert.ok(message.includes(part), message);
});

test('a native half of another version is refused', async () => {
  const place = bare('mismatch', { version: '0.0.9' });
  beside(place, 'bankchannel.node');
  const [typed, code, message, context] = await thrown(place);
  assert.deepEqual([typed, code], [true, 'configuration.invalid']);
  assert.deepEqual(context, { package: platform, found: manifest.version, wanted: '0.0.9' });
  assert.match(message, /both must have the same version/);
});

test('a damaged native half is said to be one', async () => {
  const place = bare('damaged');
  beside(place, 'bankchannel.node', null);
  const [typed, code, message] = await thrown(place);
  assert.deepEqual([typed, code], [true, 'configuration.invalid']);
  assert.match(message, /cannot be loaded: .*; install the package again/);
});

test('a native half for another C library is said to be one, and which is the right one', async () => {
  const place = bare('musl');
  // A library for musl needs libc.so in place of libc.so.6.
  const content = Buffer.from(fs.readFileSync(addon).toString('latin1').replace('\0libc.so.6\0', '\0libc.so\0\0\0'), 'latin1');
  const other = path.join(folder, 'musl.node');
  fs.writeFileSync(other, content);
  beside(place, 'bankchannel.node', other);
  const [typed, code, message] = await thrown(place);
  assert.deepEqual([typed, code], [true, 'configuration.invalid']);
  assert.ok(message.includes(`it was built for another C library. The one for this system is ${platform}.`), message);
});

test('a native half for another system or machine is said to be one', async () => {
  const elf = (machine) => { const head = Buffer.from(fs.readFileSync(addon)); head.writeUInt16LE(machine, 18); return head; };
  const pe = Buffer.alloc(200);
  pe.write('MZ');
  pe.writeUInt32LE(128, 60);
  pe.write('PE\0\0', 128);
  pe.writeUInt16LE(0x8664, 132);
  const machO = (machine) => { const head = Buffer.alloc(200); head.writeUInt32LE(0xfeedfacf, 0); head.writeUInt32LE(machine, 4); return head; };
  const here = `${process.platform}-${process.arch}`;
  const others = {
    [process.arch === 'x64' ? 'linux-arm64' : 'linux-x64']: elf(process.arch === 'x64' ? 183 : 62),
    'win32-x64': pe,
    'darwin-x64': machO(0x01000007),
    'darwin-arm64': machO(0x0100000c),
  };
  for (const [other, content] of Object.entries(others)) {
    const place = bare(`for ${other}`);
    const file = path.join(folder, `${other}.node`);
    fs.writeFileSync(file, content);
    beside(place, 'bankchannel.node', file);
    const [typed, code, message] = await thrown(place);
    assert.deepEqual([typed, code], [true, 'configuration.invalid']);
    assert.ok(message.includes(`it was built for ${other}, and this Node is for ${here}. The one for this system is ${platform}.`), message);
  }
  // A head that names no machine that there is a package for.
  const place = bare('for nothing');
  const file = path.join(folder, 'nothing.node');
  fs.writeFileSync(file, pe.fill(0, 132, 134));
  beside(place, 'bankchannel.node', file);
  assert.match((await thrown(place))[2], /; install the package again/);
});

test("a platform's package names its system, its machine and, on Linux, its C library", () => {
  for (const name of Object.keys(manifest.optionalDependencies)) {
    const there = fs.mkdtempSync(path.join(folder, 'platform-'));
    execFileSync(process.execPath, [path.join(paths.package, 'platform.js'), name.split('/')[1], there]);
    const [system, machine, libc] = name.split('/')[1].split('-');
    const made = JSON.parse(fs.readFileSync(path.join(there, 'package.json'), 'utf8'));
    assert.deepEqual([made.name, made.os, made.cpu], [name, [system], [machine]]);
    assert.deepEqual(made.libc, { gnu: ['glibc'], musl: ['musl'] }[libc], name);
  }
});

test('all versions are one', () => {
  const [, version] = /^version = "([^"]+)"$/m.exec(fs.readFileSync(path.join(paths.root, 'Cargo.toml'), 'utf8'));
  assert.equal(manifest.version, version);
  assert.equal(require('..').version, version);
  for (const [name, wanted] of Object.entries(manifest.optionalDependencies)) assert.equal(wanted, version, name);
});

test('what is installed serves the program of README.md, and carries its licences', { timeout: 120_000 }, () => {
  const out = execFileSync(path.join(paths.package, 'smoke.sh'), { encoding: 'utf8' });
  assert.match(out, /^statements\/.*camt\.053/m);
  // Version, help, exit codes and pipes of the command.
  assert.match(out, /^works: node_modules\/\.bin\/bankchannel$/m);
  assert.match(out, /^works: npx --offline bankchannel$/m);
  const packed = path.join(paths.target, 'packages');
  for (const name of ['bankchannel', `bankchannel-${process.platform}-${process.arch}-gnu`]) {
    const listed = execFileSync('tar', ['tzf', path.join(packed, `${name}-${manifest.version}.tgz`)], {
      encoding: 'utf8',
    }).split('\n');
    for (const file of ['LICENSE', 'NOTICE', 'licenses/LGPL-2.0.txt', 'licenses/THIRD-PARTY.txt', 'README.md'])
      assert.ok(listed.includes(`package/${file}`), `${name}: ${file}`);
    assert.ok(!listed.some((file) => file.includes('test')), name);
  }
});

test('packages are made from any folder, into one with a space', { timeout: 120_000 }, () => {
  const target = path.join(folder, 'my target');
  fs.copyFileSync(addon, path.join(folder, 'library.so'));
  const out = execFileSync(path.join(paths.package, 'package.sh'), ['--library', 'library.so'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CARGO_TARGET_DIR: target },
  });
  const packed = out.trim().split('\n');
  assert.equal(packed.length, 2, out);
  for (const file of packed) assert.ok(file.startsWith(target) && fs.existsSync(file), file);
  assert.deepEqual(fs.readdirSync(path.join(target, 'packages')).length, 2);
});

test('no package is made of a testing build', { skip: missing }, () => {
  const target = path.join(folder, 'refused');
  const made = spawnSync(path.join(paths.package, 'package.sh'), ['--library', testing], {
    encoding: 'utf8',
    env: { ...process.env, CARGO_TARGET_DIR: target },
  });
  assert.equal(made.status, 1, made.stderr);
  assert.match(made.stderr, /testing build/);
  assert.ok(!fs.existsSync(target));
});

// The promise of bindings/node/README.md; a newer symbol would break the package on systems that it names.
test('the library asks for no newer C library than the page says', () => {
  const [, said] = /glibc ([\d.]+)/.exec(fs.readFileSync(path.join(paths.package, 'README.md'), 'utf8'));
  const versions = execFileSync('readelf', ['--version-info', '--wide', addon], { encoding: 'utf8' }).match(
    /GLIBC_[\d.]+/g,
  );
  const number = (version) => [0, 1, 2].reduce((sum, place) => sum * 1000 + Number(version.split('.')[place] ?? 0), 0);
  const newest = Math.max(...versions.map((version) => number(version.slice('GLIBC_'.length))));
  assert.ok(versions.length > 0);
  assert.ok(newest <= number(said), `${newest} is newer than ${said}`);
});
