'use strict';

// What work on other threads tells, and the promise that waits for it.

const { setInterval } = require('node:timers');

const { native } = require('./native');

const waiting = new Map();
let last = 0;
let queue;
let awake;

/** Begins work with the queue and a number of its own; promises what is told under that number. */
function promised(begin) {
  queue ??= new (native().Events)(told);
  last = (last + 1) >>> 0;
  const id = last;
  return new Promise((resolve, reject) => {
    // The queue does not keep the process running; this does, while something is waited for.
    awake ??= setInterval(() => {}, 0x7fffffff);
    if (waiting.size === 0) awake.ref();
    waiting.set(id, resolve);
    try {
      begin(queue, id);
    } catch (fault) {
      forget(id);
      reject(fault);
    }
  });
}

function told(id, kind, text, bytes, log) {
  const resolve = waiting.get(id);
  if (!resolve) return;
  forget(id);
  resolve({ kind, text, bytes, log });
}

function forget(id) {
  waiting.delete(id);
  if (waiting.size === 0) awake.unref();
}

module.exports = { promised };
