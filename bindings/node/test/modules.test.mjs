// Both module systems, and the types.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import * as module from '../index.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
// The tests' runner installs the compiler here; the package itself does not need it.
const tsc = join(here, '../../../target/npm/node_modules/typescript/bin/tsc');

test('both module systems give the same', () => {
  const common = require('..');
  assert.deepEqual(
    Object.keys(module)
      .filter((name) => name !== 'default')
      .sort(),
    Object.keys(common).sort(),
  );
  assert.equal(module.WsChannel, common.WsChannel);
});

test('requiring the package starts nothing, and a process ends when its work is done', () => {
  const program = `require(${JSON.stringify(join(here, '..'))})`;
  const done = spawnSync(process.execPath, ['-e', program], { timeout: 20_000 });
  assert.equal(done.status, 0, String(done.stderr));
});

const missing = !existsSync(tsc) && !process.env.BANKCHANNEL_TESTS_REQUIRE_TOOLS && 'typescript is not installed';
test('right programs are typed, wrong ones are refused', { skip: missing }, () => {
  const types = join(dirname(tsc), '../../@types');
  const common = [
    '--strict',
    '--noEmit',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--moduleResolution',
    'nodenext',
  ];
  const options = [...common, '--lib', 'es2022,esnext.disposable', '--typeRoots', types, '--types', 'node'];
  const compile = (file) => spawnSync(process.execPath, [tsc, ...options, join(here, file)], { encoding: 'utf8' });
  const right = compile('typed_right.mts');
  assert.equal(right.stdout, '');
  const wanted = [];
  readFileSync(join(here, 'typed_wrong.mts'), 'utf8')
    .split('\n')
    .forEach((line, index) => line.endsWith('// error') && wanted.push(index + 1));
  const found = [...compile('typed_wrong.mts').stdout.matchAll(/typed_wrong\.mts\((\d+),\d+\): error/g)].map((match) =>
    Number(match[1]),
  );
  assert.deepEqual([...new Set(found)], wanted);
});

test('the programs of the pages are typed, as their readers write them', { skip: missing }, () => {
  const root = join(here, '../../..');
  const documents = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  const pages = ['README.md', 'bindings/node/README.md', ...documents.map((name) => join('docs', name))];
  const programs = pages.flatMap((page) => [...readFileSync(join(root, page), 'utf8').matchAll(/^```js\n([^]*?)^```$/gm)]).map(([, text]) => text);
  assert.ok(programs.length >= 12);
  const folder = mkdtempSync(join(tmpdir(), 'bankchannel-'));
  mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
  symlinkSync(join(here, '..'), join(folder, 'node_modules/bankchannel'));
  symlinkSync(join(dirname(tsc), '../../@types/node'), join(folder, 'node_modules/@types/node'));
  symlinkSync(join(dirname(tsc), '../../undici-types'), join(folder, 'node_modules/undici-types'));
  const files = programs.map((program, number) => {
    // As JavaScript with its types in comments: a program that a reader copies into a strict project has no fault.
    const file = join(folder, `program${number}.mjs`);
    writeFileSync(file, program);
    return file;
  });
  const options = ['--strict', '--noEmit', '--allowJs', '--checkJs', '--target', 'es2022', '--module', 'nodenext', '--preserveSymlinks'];
  const done = spawnSync(process.execPath, [tsc, ...options, '--lib', 'es2022,esnext.disposable', ...files], { encoding: 'utf8', cwd: folder });
  rmSync(folder, { recursive: true });
  assert.equal(done.stdout, '');
});

test('the examples use what is there', { skip: missing }, () => {
  const installed = join(dirname(tsc), '../..');
  const folder = mkdtempSync(join(tmpdir(), 'bankchannel-'));
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(installed)) {
    if (name !== 'bankchannel') symlinkSync(join(installed, name), join(folder, 'node_modules', name));
  }
  symlinkSync(join(here, '..'), join(folder, 'node_modules/bankchannel'));
  const examples = join(here, '../examples');
  const files = readdirSync(examples).filter((name) => name.endsWith('.mjs'));
  assert.ok(files.length >= 3);
  for (const name of files) copyFileSync(join(examples, name), join(folder, name));
  const options = ['--strict', '--noEmit', '--allowJs', '--checkJs', '--skipLibCheck', '--target', 'es2022', '--module', 'nodenext', '--preserveSymlinks'];
  const done = spawnSync(process.execPath, [tsc, ...options, '--lib', 'es2022,esnext.disposable', ...files], { encoding: 'utf8', cwd: folder });
  rmSync(folder, { recursive: true });
  assert.equal(done.stdout, '');
});

test('tsc is the one that was installed', { skip: missing }, () => {
  assert.match(execFileSync(process.execPath, [tsc, '--version'], { encoding: 'utf8' }), /^Version/);
});
