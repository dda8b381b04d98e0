'use strict';

// Events from other threads, and the promises that wait for them.

const { setInterval } = require('node:timers');

const { native } = require('./native');

const waiting = new Map();
let last = 0;
let queue;
let awake;
let held = 0;

/** Keeps the process running until `release` was called equally often. */
function hold() {
  awake ??= setInterval(() => {}, 0x7fffffff);
  if (held === 0) awake.ref();
  held += 1;
}

function release() {
  held -= 1;
  if (held === 0) awake.unref();
}

/** Begins work with the queue and a new number; promises the event with that number. */
function promised(begin) {
  queue ??= new (native().Events)(eventArrived);
  last = (last + 1) >>> 0;
  const id = last;
  return new Promise((resolve, reject) => {
    // The queue alone does not keep the process running.
    hold();
    waiting.set(id, resolve);
    try {
      begin(queue, id);
    } catch (fault) {
      waiting.delete(id);
      release();
      reject(fault);
    }
  });
}

function eventArrived(id, kind, text, bytes, log) {
  const resolve = waiting.get(id);
  if (waiting.delete(id)) {
    release();
    resolve({ kind, text, bytes, log });
  }
}

module.exports = { hold, promised, release };
