'use strict';

// Writes the other files of a platform's package: `node platform.js linux-x64-gnu FOLDER`.

const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

const main = require('./package.json');

const [platform, folder] = process.argv.slice(2);
const name = `@bankchannel/${platform}`;
if (!(name in main.optionalDependencies)) {
  const known = Object.keys(main.optionalDependencies).map((known) => known.split('/')[1]);
  throw new Error(`${platform} is not a platform that bankchannel is packed for; platforms are ${known.join(', ')}`);
}
const [os, cpu, libc] = platform.split('-');

writeFileSync(
  join(folder, 'package.json'),
  `${JSON.stringify(
    {
      name,
      version: main.version,
      description: `The native half of bankchannel for ${platform}`,
      // The library holds sequoia-openpgp: see NOTICE.
      license: `(${main.license} AND LGPL-2.0-or-later)`,
      repository: main.repository,
      engines: main.engines,
      os: [os],
      cpu: [cpu],
      // Only Linux has several.
      ...(libc && { libc: [libc === 'gnu' ? 'glibc' : libc] }),
      main: './bankchannel.node',
      files: ['bankchannel.node', 'README.md', 'LICENSE', 'NOTICE', 'licenses'],
    },
    null,
    2,
  )}\n`,
);
writeFileSync(
  join(folder, 'README.md'),
  `# ${name}\n\nThe native half of [bankchannel](https://www.npmjs.com/package/bankchannel) for ${platform}. Install \`bankchannel\`: it brings this.\n`,
);
