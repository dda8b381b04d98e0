'use strict';

// The programs of the Markdown pages.

const fs = require('node:fs');
const path = require('node:path');

const { package: folder, root } = require('./paths');

/** The first block of a language below a heading, up to the next one of its level or above. */
function block(file, heading, language) {
  const text = fs.readFileSync(file, 'utf8');
  const below = heading ? text.split(new RegExp(`\n##+ ${heading}\n`))[1]?.split(/\n##+ /)[0] : text;
  const found = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(below ?? '');
  if (!found) throw new Error(`${file} has no block ${language} below ${heading}`);
  return found[1];
}

module.exports = {
  /** The commands and the program of README.md. */
  section: () => {
    const readme = path.join(root, 'README.md');
    return { install: block(readme, 'Node', 'sh'), program: block(readme, 'Node', 'js') };
  },
  /** The first program of the package's page. */
  page: () => block(path.join(folder, 'README.md'), undefined, 'js'),
  /** The program of a page in docs. */
  document: (name) => block(path.join(root, 'docs', name), 'Node', 'js'),
};

// For scripts: `node readme.js` prints the program of README.md.
if (require.main === module) process.stdout.write(module.exports.section().program);
