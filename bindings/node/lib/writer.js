'use strict';

/** Writes pieces to a stream, at the stream's speed. */
function writer(writable) {
  let fault;
  const fail = (error) => {
    fault = error;
  };
  writable.on('error', fail);
  return {
    written: 0,
    async take(piece) {
      if (fault) throw fault;
      if (writable.destroyed) throw closedEarly();
      this.written += piece.length;
      if (writable.write(piece)) return;
      await new Promise((resolve, reject) => {
        const settle = (error) => {
          writable.off('drain', settle).off('error', settle).off('close', closed);
          if (error) reject(error);
          else resolve();
        };
        const closed = () => settle(fault ?? closedEarly());
        writable.on('drain', settle).on('error', settle).on('close', closed);
      });
    },
    /** Ends the stream after its last byte; the program's own output stays open. */
    async end() {
      if (fault) throw fault;
      if (writable !== process.stdout && writable !== process.stderr) {
        await new Promise((resolve, reject) => {
          writable.once('error', reject);
          writable.end((error) => (error ? reject(error) : resolve()));
        });
      }
      writable.off('error', fail);
    },
    /** The data is incomplete. */
    destroy(error) {
      writable.destroy?.(error);
    },
  };
}

function closedEarly() {
  return new Error('the destination was closed before everything was written');
}

module.exports = { writer };
