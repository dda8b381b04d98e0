'use strict';

// The package around the library of tests/testing-build, which has operations that fail, panic, ask and wait on demand.

const fs = require('node:fs');
const path = require('node:path');

const paths = require('./paths');

const addon = path.join(paths.target, 'testing/bankchannel.node');
const faces = path.join(paths.target, 'testing/faces/bindings/node');

/** The reason why it cannot be used; nothing if it can, or must. */
const missing =
  !(fs.existsSync(addon) && fs.existsSync(faces)) &&
  !process.env.BANKCHANNEL_TESTS_REQUIRE_TOOLS &&
  'tests/testing-build was not run';

/** Assembles the package in a folder: hand-written files from here, generated ones from there. */
function assemble(folder) {
  fs.cpSync(path.join(paths.package, 'lib'), path.join(folder, 'lib'), { recursive: true });
  fs.copyFileSync(path.join(paths.package, 'package.json'), path.join(folder, 'package.json'));
  fs.cpSync(faces, folder, { recursive: true });
  fs.symlinkSync(addon, path.join(folder, 'bankchannel.node'));
  return folder;
}

module.exports = { addon, assemble, missing };
