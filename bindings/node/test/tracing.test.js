'use strict';

// Spans of OpenTelemetry, and the `traceparent` that goes along.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { test } = require('node:test');

const { NextGenPsd2, WsChannel } = require('..');
const { failure } = require('./helpers/failure');
const paths = require('./helpers/paths');
const { peer } = require('./helpers/peer');

const other = (name) => createRequire(path.join(paths.target, 'npm/'))(name);
const skip =
  !fs.existsSync(path.join(paths.target, 'npm/node_modules/@opentelemetry/sdk-trace-base')) &&
  !process.env.BANKCHANNEL_TESTS_REQUIRE_TOOLS &&
  '@opentelemetry/sdk-trace-base is not installed';

// The example of W3C Trace Context, section 3.2.3.
const EXAMPLE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

async function traced(work) {
  const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = other('@opentelemetry/sdk-trace-base');
  const ended = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(ended)] });
  const server = await peer();
  const client = new WsChannel(server.settings, { tracer: provider.getTracer('tests') });
  try {
    return await work(client, server.seen, () => ended.getFinishedSpans());
  } finally {
    await client.close();
    await server.close();
  }
}

test('a call is a span, and its traceparent goes along', { skip }, () =>
  traced(async (client, seen, spans) => {
    await client.listFiles();
    const [span] = spans();
    const { traceId, spanId } = span.spanContext();
    assert.deepEqual([span.name, span.kind, span.attributes['server.address']], ['ws_channel.list_files', 2, '127.0.0.1']);
    assert.deepEqual(
      span.events.map(({ name, attributes }) => [name, attributes['http.response.status_code']]),
      [['http.request', undefined], ['http.response', 200]],
    );
    assert.deepEqual(seen.traceparents, [`00-${traceId}-${spanId}-01`]);
  }));

test('a failure has its code and outcome', { skip }, () =>
  traced(async (client, seen, spans) => {
    const refused = await failure(client.deleteFile({ fileType: 'camt.053.001.08', fileReference: 'none' }));
    await failure(client.listFiles({}, { retries: 99 }));
    const [one, unsent] = spans();
    assert.deepEqual(
      [one.status.code, one.attributes['error.type'], one.attributes['bankchannel.outcome']],
      [2, refused.code, 'refused'],
    );
    assert.equal(unsent.attributes['error.type'], 'input.invalid_field');
    assert.equal(seen.calls, 1);
  }));

test('without a tracer the program’s own goes along, to an own service or where it is asked', async () => {
  const server = await peer();
  const listed = async (settings, options, call) => {
    const client = new WsChannel({ ...server.settings, ...settings }, options);
    await client.listFiles({}, call);
    await client.close();
    return server.seen.traceparents.pop();
  };
  try {
    assert.equal(await listed({}, { traceparent: EXAMPLE }), EXAMPLE);
    assert.equal(await listed({}, { traceparent: () => EXAMPLE }), EXAMPLE);
    assert.equal(await listed({}, { traceparent: () => undefined }), undefined);
    assert.equal(await listed({}, {}, { traceparent: EXAMPLE }), EXAMPLE);
    assert.equal(await listed({ sendTraceparent: false }, { traceparent: EXAMPLE }), undefined);
    assert.equal(await listed({ environment: 'test' }, { traceparent: EXAMPLE }), undefined);
    assert.equal(await listed({ environment: 'test', sendTraceparent: true }, { traceparent: EXAMPLE }), EXAMPLE);
    const { calls } = server.seen;
    const client = new WsChannel(server.settings, { traceparent: 'planted' });
    const refused = await failure(client.listFiles());
    assert.match(refused.message, /traceparent: must be that of W3C Trace Context/);
    assert.deepEqual([refused.outcome, refused.message.includes('planted'), server.seen.calls], ['not_sent', false, calls]);
    assert.throws(() => new NextGenPsd2({}, { traceparent: 5 }), /traceparent: must be a string or a function/);
    await client.close();
  } finally {
    await server.close();
  }
});

test('a tracer that fails later changes no result', async () => {
  const fail = () => {
    throw new Error('the collector is away');
  };
  const span = { spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }) };
  const broken = { ...span, addEvent: fail, setAttribute: fail, setStatus: fail, end: fail };
  const server = await peer();
  const client = new WsChannel(server.settings, { tracer: { startSpan: () => broken } });
  assert.equal((await client.listFiles()).fileDescriptors.length, 1);
  await client.close();
  await server.close();
});
