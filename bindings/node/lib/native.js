'use strict';

// Finds and loads the native half, when it is first needed: requiring the package costs next to nothing.

const { existsSync, realpathSync } = require('node:fs');
const { createRequire } = require('node:module');
const { resolve } = require('node:path');

const { own } = require('./error');

let loaded;

/**
 * The native half cannot be part of a bundle, and bundlers leave this `require` alone. In a bundle `__filename` may be
 * missing or name no file: then the program's own file says where packages are.
 */
const isFile = typeof __filename === 'string' && existsSync(__filename);
const load = isFile ? createRequire(__filename) : beside(process.argv[1]);

/** What loads from beside the program's own file; without one, nothing: others may be able to write to the current folder. */
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

/** The platforms that a package is built for; the first name that is installed is taken. */
function packages() {
  const here = `${process.platform}-${process.arch}`;
  // Which C library it is, costs milliseconds to find out; npm installs the package of the right one only.
  return process.platform === 'linux'
    ? [`@bankchannel/${here}-gnu`, `@bankchannel/${here}-musl`]
    : [`@bankchannel/${here}`];
}

function search() {
  // Beside this package: built from the repository. Beside this file: copied to a bundle.
  const installed = packages().map((name) => `${name}/bankchannel.node`);
  const places = [...(isFile ? ['../bankchannel.node'] : []), ...installed, './bankchannel.node'];
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

/** Package and library know each other's insides: they must be of one version. */
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
      'beside the bundle. In a clone of the repository run bindings/node/build.sh.'
    : `bankchannel is not packed for ${here}: there are ${packed.join(', ')}. ` +
      'With Rust and a C compiler it can be built in a clone of the repository: bindings/node/build.sh.';
  return own('configuration.invalid', 'configuration', message, { platform: here, package: names[0] });
}

function unusable({ place, fault }) {
  const wrong = /GLIBC_[\d.]+/.exec(fault.message);
  const advice = wrong
    ? `this system's C library is too old: it has no ${wrong[0]}`
    : /musl|ld-linux|Error relocating/.test(fault.message)
      ? 'it was built for another C library'
      : 'install the package again, on this machine';
  const message = `the native half of bankchannel (${place}) cannot be loaded: ${fault.message}; ${advice}`;
  return own('configuration.invalid', 'configuration', message, { package: place }, { cause: fault });
}

module.exports = { native };
