'use strict';

// A scripted peer: answers like the service, and records the requests.

const http = require('node:http');
const net = require('node:net');

/** The content of `downloadFile`: 1 MiB with every byte value. */
const CONTENT = Buffer.alloc(1024 * 1024, Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));

const DESCRIPTOR = {
  FileReference: '227166',
  FileTimestamp: '2026-11-20T08:00:00.250+02:00',
  FileType: 'camt.053.001.08',
  Status: 'WFP',
};

function settingsOf(server) {
  return {
    baseUrl: `http://127.0.0.1:${server.address().port}/v2`,
    apiKey: 'example-api-key-0123456789',
    idToken: 'example-id-token',
    mode: 'data',
    bank: 'simulator',
  };
}

const listening = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

async function peer() {
  const uploads = [];
  const seen = { calls: 0, requestIds: [], traceparents: [] };
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      seen.calls += 1;
      seen.requestIds.push(request.headers['x-request-id']);
      seen.traceparents.push(request.headers.traceparent);
      const give = (status, fields, code = '00', text = 'OK') => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({ ResponseCode: code, ResponseText: text, RequestId: 'example-request-id', ...fields }),
        );
      };
      if (request.method === 'PUT') {
        uploads.push(Buffer.from(JSON.parse(Buffer.concat(parts)).FileContents, 'base64'));
        give(201, {});
      } else if (request.method === 'DELETE') {
        give(400, {}, '15', 'FileReference is not valid');
      } else if (request.url.split('?')[0].split('/').length === 4) {
        give(200, { FileDescriptors: [DESCRIPTOR] });
      } else {
        give(200, { Content: CONTENT.toString('base64') });
      }
    });
    request.on('error', () => {});
  });
  await listening(server);
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { server, settings: settingsOf(server), uploads, seen, close };
}

/** Accepts connections and requests, and never answers. */
async function silent() {
  const sockets = [];
  let arrive;
  const arrived = new Promise((resolve) => (arrive = resolve));
  const server = net.createServer((socket) => {
    sockets.push(socket);
    socket.on('data', arrive).on('error', () => {});
  });
  await listening(server);
  const close = () => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  };
  return { settings: settingsOf(server), arrived, close };
}

module.exports = { CONTENT, peer, silent };
