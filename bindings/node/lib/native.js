'use strict';

// Finds and loads the native half at its first use: requiring the package itself is cheap.

const { existsSync, readFileSync, realpathSync } = require('node:fs');
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
  '@bankchannel/win32-x64': () => { return join(__dirname, '../../@bankchannel/win32-x64/bankchannel.node'); },
  '@bankchannel/darwin-x64': () => { return join(__dirname, '../../@bankchannel/darwin-x64/bankchannel.node'); },
  '@bankchannel/darwin-arm64': () => { return join(__dirname, '../../@bankchannel/darwin-arm64/bankchannel.node'); },
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
  const message = `the native half of bankchannel (${place}) cannot be loaded: ${fault.message}; ${advice(place, fault)}. The one for this system is ${ownPackage()}.`;
  return own('configuration.invalid', 'configuration', message, { package: place }, { cause: fault });
}

function advice(place, fault) {
  if (fault.code === 'ERR_DLOPEN_DISABLED')
    return 'this process may load no native addons: start Node without --no-addons, or with --allow-addons beside --permission';
  const builtFor = platformOf(place);
  if (builtFor && builtFor !== `${process.platform}-${process.arch}`)
    return `it was built for ${builtFor}, and this Node is for ${process.platform}-${process.arch}`;
  const wrong = /GLIBC_[\d.]+/.exec(fault.message);
  if (wrong) return `this system's C library is too old: it has no ${wrong[0]}`;
  if (/musl|ld-linux|libc\.so: |Error relocating/.test(fault.message)) return 'it was built for another C library';
  return 'install the package again, on this machine';
}

/** The platforms that there are packages for, by the system and the number of the machine in the head of a library. */
const MACHINES = {
  'ELF 62': 'linux-x64',
  'ELF 183': 'linux-arm64',
  'PE 34404': 'win32-x64',
  'Mach-O 16777223': 'darwin-x64',
  'Mach-O 16777228': 'darwin-arm64',
};

/** The platform that an addon was built for, without its C library; nothing if its file does not tell it. */
function platformOf(place) {
  try {
    const head = readFileSync(load.resolve(place)).subarray(0, 4096);
    if (head.readUInt32BE(0) === 0x7f454c46) return MACHINES[`ELF ${head.readUInt16LE(18)}`];
    if (head.readUInt32LE(0) === 0xfeedfacf) return MACHINES[`Mach-O ${head.readUInt32LE(4)}`];
    const at = head.readUInt32LE(60);
    if (head.toString('latin1', 0, 2) === 'MZ' && head.readUInt32BE(at) === 0x50450000)
      return MACHINES[`PE ${head.readUInt16LE(at + 4)}`];
  } catch {
    // No file, or too short a one: the loader's own message is all there is.
  }
}

module.exports = { native };
