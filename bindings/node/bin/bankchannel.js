#!/usr/bin/env node
'use strict';

// The command `bankchannel`: the native half runs it in this process, as it runs as a program of its own. Node's own streams are
// left alone: with them, a pipe that is full would fail a write.

const { writeSync } = require('node:fs');

const { native } = require('../lib/native');

let addon;
try {
  addon = native();
} catch (fault) {
  writeSync(2, `error: ${fault.message}\n`);
  process.exit(1);
}
process.exit(addon.runCommand(process.argv.slice(2)));
