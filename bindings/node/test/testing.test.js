'use strict';

// The package around a library that fails, panics, asks and waits on demand (tests/testing-build). It also proves that
// a new operation needs no hand-written code, since those operations are in its generated files only.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { inspect } = require('node:util');
const { setTimeout: sleep } = require('node:timers/promises');
const { Worker } = require('node:worker_threads');

const shipped = require('..');
const { failure } = require('./helpers/failure');
const { run } = require('./helpers/process');
const { assemble, missing } = require('./helpers/testing');

test('no library that is shipped has those operations', () => {
  assert.deepEqual(
    shipped.catalogue().filter(({ protocol }) => protocol === 'toy'),
    [],
  );
});

test('operations on demand', { skip: missing }, async (suite) => {
  const folder = assemble(fs.mkdtempSync(path.join(os.tmpdir(), 'bankchannel-')));
  const bankchannel = require(folder);
  const { BankchannelError, CancelledError, InternalError, InvalidInputError, TimedOutError, Toy, codes } =
    bankchannel;
  let client;
  before(() => {
    client = new Toy();
  });
  after(async () => {
    await client.close();
    fs.rmSync(folder, { recursive: true });
  });

  await suite.test('an added operation has its method, its types and its name, with no line by hand', () => {
    const text = 'ä'.repeat(20);
    assert.deepEqual(client.echo({ text }), { text });
    assert.deepEqual(client.callLocal('toy.echo', { text }), { text });
    const types = fs.readFileSync(path.join(folder, 'index.d.ts'), 'utf8');
    assert.match(types, /\n {2}echo\(request: EchoRequest\): FaultResponse;/);
    assert.match(
      types,
      /\n {2}ask\(request: AskRequest, options\?: CallOptions & AskOptions\): Promise<FaultResponse>;/,
    );
  });

  await suite.test('text of every kind crosses as it is', () => {
    for (const text of [
      '',
      '\0',
      'ÿ',
      'Ā',
      '日本語',
      '😀',
      '\u2028',
      '"\\/\b\f\n\r\t',
      'x'.repeat(1_000_000),
      '😀'.repeat(100_000),
      // Up to 1024 bytes are read in one step: texts of just above and below that length.
      ...['x', 'ä', '\u2028', '😀'].flatMap((c) => Array.from({ length: 30 }, (_, n) => c.repeat((1000 + n) / Buffer.byteLength(c)))),
    ]) {
      assert.equal(client.echo({ text }).text, text);
    }
    assert.equal(failureOf(() => client.echo({ text: '\udc00' })).code, 'input.invalid_field');
  });

  await suite.test('every code becomes the error of its class, with all its parts', async () => {
    for (const code of Object.values(codes)) {
      const here = failureOf(() => client.fail({ code }));
      const later = await failure(client.failLater({ code }));
      const [operation, laterOperation] = ['toy.fail', 'toy.fail_later'];
      for (const [error, name] of [
        [here, operation],
        [later, laterOperation],
      ]) {
        assert.ok(error instanceof BankchannelError, String(error));
        assert.deepEqual([error.code, error.context.planted, error.operation], [code, 'yes', name]);
        assert.notEqual(Object.getPrototypeOf(error).constructor, BankchannelError, code);
        assert.deepEqual(Object.keys(error.toJSON()).sort(), Object.keys(later.toJSON()).sort());
      }
    }
  });

  await suite.test('a panic is an internal error, and the library goes on', async () => {
    const works = [
      () => client.panic({}),
      () => client.callLocal('toy.panic', {}),
      () => client.call('toy.panic', {}),
      () => client.panicLater({}),
    ];
    const ofCall = works.at(-1);
    for (const work of works) {
      const error = await failure(work);
      assert.ok(error instanceof InternalError, String(error));
      assert.equal(error.code, 'internal');
      // Nor in its cause and its stack.
      assert.ok(!inspect(error, { showHidden: true, depth: 9 }).includes('asked to panic'));
      // A call that may have sent something must not be repeated.
      assert.equal(error.outcome, work === ofCall ? 'unknown' : null);
    }
    assert.equal(client.echo({ text: 'on' }).text, 'on');
    assert.equal((await client.sleep({ ms: 1 })).text, 'slept');
  });

  await suite.test('a question is answered, at once or later', async () => {
    const asked = [];
    const onCode = (question) => {
      asked.push(question);
      return 'at once';
    };
    assert.equal((await client.ask({ text: 'Why?' }, { onCode })).text, 'at once');
    assert.deepEqual(asked[0], { kind: 'testing', text: 'Why?', choices: [] });
    assert.equal((await client.ask({ text: 'Why?' }, { onCode: () => sleep(20, 'later') })).text, 'later');
    const own = new Toy({}, { onCode: () => 'the client’s' });
    assert.equal((await own.ask({ text: 'Why?' })).text, 'the client’s');
    await own.close();
  });

  await suite.test(
    'an exception inside a prompt comes out as it is; an answer that is none names what was asked',
    async () => {
      for (const onCode of [
        () => {
          throw new RangeError('mine');
        },
        async () => {
          throw new RangeError('mine');
        },
      ]) {
        assert.ok((await failure(client.ask({ text: 'Why?' }, { onCode }))) instanceof RangeError);
      }
      for (const given of [5, null, undefined, {}, Buffer.from('x'), '\ud800']) {
        const error = await failure(client.ask({ text: 'Why?' }, { onCode: () => given }));
        assert.ok(error instanceof InvalidInputError, String(error));
        assert.equal(error.context.field, 'testing');
      }
      assert.ok((await failure(client.ask({ text: 'Why?' }))) instanceof InvalidInputError);
    },
  );

  await suite.test(
    'a prompt that never answers is left by a signal, a deadline and the end of the client',
    async () => {
      const onCode = () => new Promise(() => {});
      const left = await failure(client.ask({ text: 'Why?' }, { onCode, signal: AbortSignal.timeout(50) }));
      assert.ok(left instanceof CancelledError);
      assert.equal(left.cause.name, 'TimeoutError');
      assert.ok(
        (await failure(client.ask({ text: 'Why?' }, { onCode, timeout: 0.05 }))) instanceof TimedOutError,
      );
      const own = new Toy({}, { onCode });
      const running = failure(own.ask({ text: 'Why?' }));
      await sleep(50);
      await own.close();
      assert.ok((await running) instanceof CancelledError);
    },
  );

  await suite.test('timers keep ticking during long calls, on other threads too', async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    const slept = await Promise.all(Array.from({ length: 200 }, () => client.sleep({ ms: 400 })));
    assert.ok(slept.every(({ text }) => text === 'slept'));
    clearInterval(timer);
    assert.ok(ticks > 20, `${ticks} ticks`);
  });

  await suite.test('deadlines and signals are heard inside the runtime', async () => {
    assert.ok((await failure(client.sleep({ ms: 60_000 }, { timeout: 0.05 }))) instanceof TimedOutError);
    assert.ok((await failure(client.sleep({ ms: 60_000 }, { timeout: 0 }))) instanceof TimedOutError);
    assert.ok(
      (await failure(client.sleep({ ms: 60_000 }, { signal: AbortSignal.timeout(50) }))) instanceof
        CancelledError,
    );
  });

  await suite.test('workers panic, ask and end without each other', async () => {
    const program = `
      const { parentPort } = require('node:worker_threads');
      const { Toy } = require(${JSON.stringify(folder)});
      const client = new Toy({}, { onCode: async ({ text }) => text });
      (async () => {
        const done = [];
        for (let round = 0; round < 50; round += 1) {
          done.push((await client.ask({ text: String(round) })).text === String(round));
          done.push(await client.panicLater({}).catch((error) => error.code === 'internal'));
        }
        parentPort.postMessage(done.every(Boolean));
      })();`;
    const answers = await Promise.all(
      Array.from(
        { length: 4 },
        () =>
          new Promise((resolve, reject) =>
            new Worker(program, { eval: true }).once('message', resolve).once('error', reject),
          ),
      ),
    );
    assert.deepEqual(answers, [true, true, true, true]);
  });

  await suite.test('a process that does not wait ends at once', async () => {
    const program = `
      const { Toy } = require(${JSON.stringify(folder)});
      new Toy().sleep({ ms: 60000 });
      setTimeout(() => process.exit(3), 50);`;
    const done = await run(program);
    assert.deepEqual([done.code, done.signal], [3, null]);
    assert.ok(done.ms < 20_000);
  });

  function failureOf(work) {
    try {
      work();
    } catch (error) {
      return error;
    }
    throw new assert.AssertionError({ message: 'it did not fail' });
  }
});
