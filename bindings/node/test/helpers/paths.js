'use strict';

const path = require('node:path');

const root = path.join(__dirname, '../../../..');
const target = process.env.CARGO_TARGET_DIR ?? path.join(root, 'target');

module.exports = { package: path.join(root, 'bindings/node'), root, target };
