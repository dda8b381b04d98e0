'use strict';

// A worker of a cluster: makes ten calls and reports the number of answers.

const { WsChannel } = require('../..');

if (process.env.SETTINGS) {
  const client = new WsChannel(JSON.parse(process.env.SETTINGS));
  Promise.all(Array.from({ length: 10 }, () => client.listFiles())).then((answers) => process.send(answers.length));
}
