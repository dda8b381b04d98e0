// The toy protocol through Node's typed face: the package of the testing build, whose folder is the one argument.

import assert from 'node:assert';
import { createRequire } from 'node:module';

const { Toy, ToyHost } = createRequire(import.meta.url)(process.argv[2]);
const host = await ToyHost.start({ word: 'Welcome' });
const guest = new Toy({ baseUrl: host.baseUrl, name: 'Kari' });
assert.equal((await guest.greet({ name: 'Ola' })).greeting, 'Welcome, Ola!');
assert.equal((await guest.greet()).greeting, 'Welcome, Kari!');
assert.deepEqual(guest.spell({ text: 'øl' }).characters, ['ø', 'l']);
const asked = await guest.greetWhoever({ question: 'Who is there?' }, { onCode: ({ kind }) => `Liv, asked for a ${kind}` });
assert.equal(asked.greeting, 'Welcome, Liv, asked for a name!');
await assert.rejects(guest.greet({ name: '' }), { code: 'toy.refused' });
await guest.close();
await host.close();
console.log('well');
