'use strict';

const { spawn } = require('node:child_process');

/** Runs a program in a separate process, and returns its output. A hang ends it with `signal`. */
function run(program, { args = [], env = {}, cwd, limit = 30_000 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', program, ...args], { env: { ...process.env, ...env }, cwd });
    const out = [];
    const err = [];
    child.stdout.on('data', (part) => out.push(part));
    child.stderr.on('data', (part) => err.push(part));
    const begun = Date.now();
    const timer = setTimeout(() => child.kill('SIGKILL'), limit);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const text = (parts) => Buffer.concat(parts).toString();
      resolve({ code, signal, out: text(out), err: text(err), ms: Date.now() - begun });
    });
  });
}

module.exports = { run };
