'use strict';

// Finds and loads the native half at its first use: requiring the package itself is cheap.

const { existsSync, realpathSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join, resolve } = require('node:path');

const { own } = require('./error');

let loaded;

/**
 * The native half cannot be part of a bundle, and bundlers leave this `require` unchanged. In a bundle `__filename` may
 * be missing or may not name a file: then packages are searched from the program's own file.
 */
const isFile = typeof __filename === 'string' && existsSync(__filename);
const load = isFile ? createRequire(__filename) : beside(process.argv[1]);

/**
 * A `require` relative to the program's own file; without a program file, one that always fails: others may be able to
 * write to the current folder.
 */
function beside(program) {
  if (typeof program !== 'string' || !existsSync(program)) return notFound;
  return createRequire(realpathSync(resolve(program)));
}

function notFound(place) {
  throw Object.assign(new Error(`${place} is not looked for: the program has no file`), { code: 'MODULE_NOT_FOUND' });
}

function native() {
  loaded ??= search();
  return loaded;
}

/** The platforms with a package; the first installed one is used. */
function packages() {
  const here = `${process.platform}-${process.arch}`;
  // Detecting the C library takes milliseconds; npm installs only the right package.
  return process.platform === 'linux'
    ? [`@bankchannel/${here}-gnu`, `@bankchannel/${here}-musl`]
    : [`@bankchannel/${here}`];
}

/**
 * The file in each platform's package, if that lies beside this package. Next.js, Vercel and the like (@vercel/nft) copy only the
 * files that they find named in the program: each is written out here, because a name that is put together tells them
 * nothing, and in a block, because they pass over an expression. It is no `require`: bundlers without a loader for `.node`
 * would stop at one.
 */
const FILES = {
  '@bankchannel/linux-x64-gnu': () => { return join(__dirname, '../../@bankchannel/linux-x64-gnu/bankchannel.node'); },
  '@bankchannel/linux-arm64-gnu': () => { return join(__dirname, '../../@bankchannel/linux-arm64-gnu/bankchannel.node'); },
  '@bankchannel/linux-x64-musl': () => { return join(__dirname, '../../@bankchannel/linux-x64-musl/bankchannel.node'); },
  '@bankchannel/linux-arm64-musl': () => { return join(__dirname, '../../@bankchannel/linux-arm64-musl/bankchannel.node'); },
};

function search() {
  // In this package's folder: built from the repository. In this file's folder: copied to a bundle.
  const installed = packages().map((name) => `${name}/bankchannel.node`);
  // Where a tool has put the copy that it made of such a file.
  const copied = isFile ? packages().flatMap((name) => FILES[name]?.() ?? []) : [];
  const places = [...(isFile ? ['../bankchannel.node'] : []), ...installed, './bankchannel.node', ...copied];
  const faults = [];
  for (const place of places) {
    try {
      return checked(load(place), place);
    } catch (fault) {
      if (fault.code !== 'MODULE_NOT_FOUND') faults.push({ place, fault });
    }
  }
  const differs = faults.find(({ fault }) => fault.category === 'configuration');
  throw differs ? differs.fault : faults.length > 0 ? unusable(faults[0]) : missing();
}

/** Package and library use each other's internals: they must have the same version. */
function checked(addon, place) {
  const wanted = require('../package.json').version;
  const found = addon.version?.();
  if (found === wanted) return addon;
  const name = place.startsWith('@') ? place.slice(0, place.lastIndexOf('/')) : place;
  const message =
    `bankchannel ${wanted} found its native half ${name} in version ${found}: both must have the same version. ` +
    'Delete node_modules and install again; where versions are pinned, pin both to the same.';
  throw own('configuration.invalid', 'configuration', message, { package: name, found: String(found), wanted });
}

function missing() {
  const names = packages();
  const here = `${process.platform} ${process.arch}`;
  const packed = Object.keys(require('../package.json').optionalDependencies);
  const message = names.some((name) => packed.includes(name))
    ? `the native half of bankchannel for ${here} is not installed: there is no package ${names.join(' or ')}. ` +
      'It is an optional dependency of bankchannel: install without --omit=optional or --no-optional, and on this platform, ' +
      'not with a node_modules folder or a lock file of another one. A bundle needs that package, or its bankchannel.node ' +
      'beside the bundle; a deployment that copies only the files in use needs it named: for Next.js write ' +
      "outputFileTracingIncludes: { '/**': ['./node_modules/@bankchannel/**/*'] } into next.config. " +
      'In a clone of the repository run bindings/node/build.sh.'
    : `bankchannel is not packed for ${here}: there are ${packed.join(', ')}. ` +
      'With Rust and a C compiler it can be built in a clone of the repository: bindings/node/build.sh.';
  return own('configuration.invalid', 'configuration', message, { platform: here, package: names[0] });
}

/** The package for this machine and its C library. */
function ownPackage() {
  const [first, ...others] = packages();
  return others.length > 0 && !process.report.getReport().header.glibcVersionRuntime ? others[0] : first;
}

function unusable({ place, fault }) {
  const wrong = /GLIBC_[\d.]+/.exec(fault.message);
  const advice = fault.code === 'ERR_DLOPEN_DISABLED'
    ? 'this process may load no native addons: start Node without --no-addons, or with --allow-addons beside --permission'
    : wrong
    ? `this system's C library is too old: it has no ${wrong[0]}`
    : /musl|ld-linux|libc\.so: |Error relocating/.test(fault.message)
      ? 'it was built for another C library'
      : 'install the package again, on this machine';
  const message = `the native half of bankchannel (${place}) cannot be loaded: ${fault.message}; ${advice}. The one for this system is ${ownPackage()}.`;
  return own('configuration.invalid', 'configuration', message, { package: place }, { cause: fault });
}

module.exports = { native };
