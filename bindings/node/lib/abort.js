'use strict';

// One signal may stop many calls: it gets one listener from this package, however many calls wait for it.

const waiting = new WeakMap();

/** Calls `stop` when the signal aborts; returns what ends that. The signal has not aborted yet. */
function onAbort(signal, stop) {
  if (signal === undefined || signal === null) return () => {};
  let stops = waiting.get(signal);
  if (stops === undefined) {
    stops = new Set();
    waiting.set(signal, stops);
  }
  if (stops.size === 0) {
    stops.listener = () => {
      for (const one of [...stops]) one();
    };
    signal.addEventListener('abort', stops.listener, { once: true });
  }
  // The same function may be given for several calls.
  const mine = () => stop();
  stops.add(mine);
  return () => {
    if (stops.delete(mine) && stops.size === 0) signal.removeEventListener('abort', stops.listener);
  };
}

module.exports = { onAbort };
