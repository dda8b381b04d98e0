'use strict';

const { native } = require('./native');

module.exports = {
  catalogue: () => JSON.parse(native().catalogue()),
  version: require('../package.json').version,
};
