'use strict';

const { native } = require('./native');

const { SecretText } = require('./secret');

module.exports = {
  SecretText,
  catalogue: () => JSON.parse(native().catalogue()),
  version: require('../package.json').version,
};
