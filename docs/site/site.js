// Diagrams are drawn, and sections of the same content in several languages become tabs.
'use strict';

const LANGUAGES = new Set(['Python', 'Node', 'PHP', 'Rust', 'C', 'Shell', 'The command line']);
const CHOSEN = 'bankchannel-language';

function drawDiagrams() {
  const blocks = document.querySelectorAll('code.language-mermaid');
  for (const block of blocks) {
    const drawn = document.createElement('pre');
    drawn.className = 'mermaid';
    drawn.textContent = block.textContent;
    block.closest('pre').replaceWith(drawn);
  }
  if (blocks.length === 0) return;
  const dark = /coal|navy|ayu/.test(document.documentElement.className);
  mermaid.initialize({ startOnLoad: false, theme: dark ? 'dark' : 'neutral', flowchart: { useMaxWidth: true } });
  mermaid.run();
}

/** The sections of languages that follow each other: each is a heading and what is below it. */
function runs() {
  const found = [];
  let run = [];
  const end = () => {
    if (run.length > 1) found.push(run);
    run = [];
  };
  for (const heading of document.querySelectorAll('main h2, main h3')) {
    const name = heading.textContent.trim();
    const follows = run.length > 0 && run.at(-1).heading.tagName === heading.tagName;
    if (!LANGUAGES.has(name)) {
      // A heading of a lower level belongs to the section.
      if (run.length > 0 && heading.tagName > run.at(-1).heading.tagName) continue;
      end();
      continue;
    }
    if (!follows) end();
    const parts = [];
    for (let next = heading.nextElementSibling; next && !(/^H[1-6]$/.test(next.tagName) && next.tagName <= heading.tagName); next = next.nextElementSibling)
      parts.push(next);
    run.push({ name, heading, parts });
  }
  end();
  return found;
}

function makeTabs(run) {
  const bar = document.createElement('div');
  bar.className = 'tabs';
  bar.setAttribute('role', 'tablist');
  run[0].heading.before(bar);
  const show = (chosen) => {
    for (const { name, heading, parts, button } of run) {
      const on = name === chosen;
      button.setAttribute('aria-selected', on);
      for (const part of [heading, ...parts]) part.hidden = !on;
    }
  };
  for (const section of run) {
    section.button = document.createElement('button');
    section.button.textContent = section.name;
    section.button.setAttribute('role', 'tab');
    section.button.addEventListener('click', () => {
      localStorage.setItem(CHOSEN, section.name);
      for (const showing of shown) showing(section.name);
    });
    bar.append(section.button);
  }
  const has = (name) => run.some((section) => section.name === name);
  const showing = (name) => has(name) && show(name);
  show(run[0].name);
  showing(localStorage.getItem(CHOSEN));
  // A link to a section shows it.
  const linked = () => showing(run.find(({ heading }) => `#${heading.id}` === location.hash)?.name);
  linked();
  window.addEventListener('hashchange', linked);
  return showing;
}

const shown = runs().map(makeTabs);
drawDiagrams();
