// Render the picture sets' SVGs to premultiplied RGBA squares and write one table line per picture.
//
//   node training/render.mjs --work DIR [--size 128] [--sets a,b,c] [--name pictures]
//   node training/render.mjs --work DIR --svgs FILE --name drawn    renders FILE's JSON lines instead, {"svg": ...}
//
// DIR/node_modules holds the packages of training/package.json (`npm ci`). Output, in DIR:
//   NAME.rgba   uint8 [count, size, size, 4], premultiplied alpha, picture centred in its square
//   NAME.jsonl  one object per picture: index, set, name, hexcode, label, tags, group
// resvg aborts the whole process on a few SVGs (a Rust panic), so the work is done by a child process
// that notes the task at hand; the parent adds that task to a skip list and starts the child again.
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const option = (flag, fallback) => {
  const at = process.argv.indexOf(flag);
  return at < 0 ? fallback : process.argv[at + 1];
};
const here = path.dirname(fileURLToPath(import.meta.url));
const work = path.resolve(option('--work', path.join(here, 'work')));
const size = Number(option('--size', '128'));
const base = path.join(work, option('--name', 'pictures'));
const require = createRequire(path.join(work, 'package.json'));

const EMOJI_SETS = ['fluent-emoji', 'fluent-emoji-flat', 'noto', 'noto-v1', 'twemoji', 'emojione',
  'emojione-v1', 'openmoji', 'fxemoji', 'streamline-emojis'];
const ICON_SETS = ['flat-color-icons', 'fluent-color', 'meteocons'];
const sets = option('--sets', [...EMOJI_SETS, ...ICON_SETS].join(',')).split(',');
const svgs = option('--svgs', '');
const FLAGS_GROUP = 9;
const MAX_ASPECT = 3.2;
// resvg-js gives its buffers back only when the process ends: about 25 MB for a picture of 256 px
const PICTURES_PER_CHILD = Math.ceil(5e6 / size ** 2);
const MORE_TO_DO = 3;

const slug = (text) => text.toLowerCase()
  .normalize('NFD').replace(/[\u0300-\u036f]/g, '')
  .replace(/[\u201c\u201d\u2019'.()!:,]/g, '').replace(/&/g, 'and')
  .replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
const hexKey = (hex) => hex.toLowerCase().replace(/-(fe0f|200d)/g, '');

function loadEmoji() {
  const keywords = require('emojilib');
  const byHex = new Map();
  const bySlug = new Map();
  for (const entry of require('emojibase-data/en/data.json')) {
    const tags = [...(entry.tags || []), ...(keywords[entry.emoji] || []).map((k) => k.replace(/_/g, ' '))];
    const record = { hexcode: entry.hexcode, label: entry.label, group: entry.group ?? null, tags };
    byHex.set(hexKey(entry.hexcode), record);
    bySlug.set(slug(entry.label), record);
    bySlug.set(slug(entry.label).replace(/-/g, ''), record);
  }
  // the icon sets' own names for a code point (mostly the CLDR short names of several years)
  for (const set of ['noto', 'twemoji', 'fluent-emoji-flat', 'openmoji']) {
    for (const [hex, name] of Object.entries(require(`@iconify-json/${set}/chars.json`))) {
      const record = byHex.get(hexKey(hex));
      if (record && !bySlug.has(name)) bySlug.set(name, record);
    }
  }
  return { byHex, bySlug };
}

/** A picture that only varies skin tone, or a country's flag, teaches nothing here. */
function unwanted(set, name) {
  if (/skin-tone|-(medium-light|medium-dark|light|medium|dark)(-|$)/.test(name) && EMOJI_SETS.includes(set)) return true;
  return /^flag-/.test(name) && set !== 'meteocons' && !/flag-in-hole|white-flag|black-flag|rainbow/.test(name);
}

/** Some sets hold one drawing in several pixel sizes: keep the largest. */
function isSmallerCopy(set, name, icons) {
  const match = /^(.*)-(\d+)$/.exec(name);
  if (set !== 'fluent-color' || !match) return false;
  return [48, 32, 28, 24, 20, 16].some((px) => px > Number(match[2]) && `${match[1]}-${px}` in icons);
}

function* tasks() {
  if (svgs) {
    for (const line of fs.readFileSync(svgs, 'utf8').split('\n').filter(Boolean)) {
      const { svg, ...record } = JSON.parse(line);
      yield { svg, record };
    }
    return;
  }
  const { byHex, bySlug } = loadEmoji();
  for (const set of sets) {
    const data = require(`@iconify-json/${set}/icons.json`);
    const isEmoji = EMOJI_SETS.includes(set);
    const hexOf = new Map();
    try {
      for (const [hex, name] of Object.entries(require(`@iconify-json/${set}/chars.json`))) hexOf.set(name, hex);
    } catch { /* not every set maps its icons to code points */ }
    for (const [name, icon] of Object.entries(data.icons)) {
      if (unwanted(set, name) || isSmallerCopy(set, name, data.icons)) continue;
      const plain = /streamline|fluent-color/.test(set) ? name.replace(/-\d+$/, '') : name;
      let emoji = null;
      if (isEmoji) {
        emoji = (hexOf.has(name) && byHex.get(hexKey(hexOf.get(name)))) || bySlug.get(plain) || bySlug.get(name)
          || bySlug.get(plain.replace(/-/g, '')) || null;
        if (emoji && emoji.group === FLAGS_GROUP && /^flag/.test(emoji.label)) continue;
      }
      const width = icon.width || data.width || 16;
      const height = icon.height || data.height || 16;
      const box = `${icon.left || data.left || 0} ${icon.top || data.top || 0} ${width} ${height}`;
      const svg = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        + `width="${width}" height="${height}" viewBox="${box}">${icon.body.replace(/currentColor/g, '#333')}</svg>`;
      yield {
        svg,
        record: { set, name: plain.replace(/-/g, ' '), hexcode: emoji?.hexcode ?? null, label: emoji?.label ?? null,
          group: emoji?.group ?? null, tags: emoji?.tags ?? [] },
      };
    }
  }
}

/** Centre a resvg image (premultiplied RGBA rows) in a size x size square. */
function centred(image) {
  const square = Buffer.alloc(size * size * 4);
  const left = Math.max(0, (size - image.width) >> 1);
  const top = Math.max(0, (size - image.height) >> 1);
  const columns = Math.min(size, image.width);
  for (let y = 0; y < Math.min(size, image.height); y++) {
    image.pixels.copy(square, ((y + top) * size + left) * 4, y * image.width * 4, (y * image.width + columns) * 4);
  }
  return square;
}

function renderAll() {
  const { Resvg } = require('@resvg/resvg-js');
  const lines = fs.existsSync(`${base}.jsonl`) ? fs.readFileSync(`${base}.jsonl`, 'utf8').split('\n').filter(Boolean) : [];
  const done = lines.length ? JSON.parse(lines.at(-1)).task : -1;
  const skip = new Set(fs.existsSync(`${base}.skip`) ? fs.readFileSync(`${base}.skip`, 'utf8').split('\n').filter(Boolean).map(Number) : []);
  let index = lines.length;
  const pixels = fs.openSync(`${base}.rgba`, index ? 'r+' : 'w');
  const table = fs.openSync(`${base}.jsonl`, 'a');
  const stop = index + PICTURES_PER_CHILD;
  let task = -1;
  for (const { svg, record } of tasks()) {
    task++;
    if (task <= done || skip.has(task)) continue;
    if (index >= stop) process.exit(MORE_TO_DO);
    fs.writeFileSync(`${base}.current`, String(task));
    try {
      const font = { loadSystemFonts: false };
      const probe = new Resvg(svg, { font });
      const aspect = probe.width / probe.height;
      if (!(aspect <= MAX_ASPECT && aspect >= 1 / MAX_ASPECT)) continue;
      const image = new Resvg(svg, { font, fitTo: { mode: aspect >= 1 ? 'width' : 'height', value: size } }).render();
      const square = centred(image);
      fs.writeSync(pixels, square, 0, square.length, index * square.length);
      fs.writeSync(table, `${JSON.stringify({ index, task, ...record })}\n`);
      index++;
    } catch (error) {
      console.error(`not rendered: ${record.set} ${record.name}: ${error.message}`);
    }
  }
  console.log(`${index} pictures of ${size} px`);
}

if (process.argv.includes('--child')) {
  renderAll();
} else {
  for (;;) {
    const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...process.argv.slice(2), '--child'], { stdio: 'inherit' });
    if (child.status === 0) break;
    if (child.status === MORE_TO_DO) continue;
    if (child.status === 1) process.exit(1);
    const task = fs.readFileSync(`${base}.current`, 'utf8');
    console.error(`resvg aborted on task ${task}: skipped`);
    fs.appendFileSync(`${base}.skip`, `${task}\n`);
  }
}
