"use strict";
const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("runs").textContent);
const GAP = 16, SMALL_GAP = 10, TEXT_HEIGHT = 88, SPARE_ROWS = 3;
const grid = byId("grid"), dialog = byId("run");
const fold = (text) => text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
for (const run of data.runs) run.words = fold(`${run.prompt} ${run.name} ${run.seed}`);
const collator = new Intl.Collator(undefined, { numeric: true });
const ORDERS = {
  date: (a, b) => b.date - a.date,
  score: (a, b) => (b.score ?? -2) - (a.score ?? -2),
  seed: (a, b) => a.seed - b.seed,
  prompt: (a, b) => collator.compare(a.prompt, b.prompt),
  name: (a, b) => collator.compare(a.name, b.name),
};
let shown = [], cards = new Map(), layout = null, chosen = 0, reversed = false;

const score = (run) => run.score === null ? "no score" : `score ${run.score.toFixed(3)}`;

function select() {
  const words = fold(byId("search").value).split(/\s+/).filter(Boolean);
  shown = data.runs.filter((run) => words.every((word) => run.words.includes(word)));
  shown.sort(ORDERS[byId("sort").value]);
  if (reversed) shown.reverse();
  const all = data.runs.length, found = shown.length;
  const page = data.pages > 1 ? `, page ${data.page} of ${data.pages}` : "";
  byId("count").textContent = (found === all ? `${all} run${all === 1 ? "" : "s"}` : `${found} of ${all} runs`) + page;
  byId("none").hidden = found > 0;
  chosen = 0;
  for (const card of cards.values()) card.remove();
  cards.clear();
  window.scrollTo(0, 0);
  measure();
}

function measure() {
  const width = grid.clientWidth, narrow = width < 680, gap = narrow ? SMALL_GAP : GAP;
  const columns = Math.max(2, Math.floor((width + gap) / ((narrow ? 150 : 210) + gap)));
  const side = (width - gap * (columns - 1)) / columns;
  layout = { columns, side, gap, row: side + TEXT_HEIGHT + gap };
  grid.style.height = `${Math.max(0, Math.ceil(shown.length / columns) * layout.row - gap)}px`;
  for (const [index, card] of cards) place(card, index);
  draw();
}

function place(card, index) {
  const { columns, side, gap, row } = layout;
  card.style.width = `${side}px`;
  card.style.height = `${row - gap}px`;
  card.style.left = `${(index % columns) * (side + gap)}px`;
  card.style.top = `${Math.floor(index / columns) * row}px`;
}

function make(index) {
  const run = shown[index], card = document.createElement("button");
  card.type = "button";
  card.className = "card";
  card.dataset.index = index;
  card.setAttribute("role", "listitem");
  card.setAttribute("aria-posinset", index + 1);
  card.setAttribute("aria-setsize", shown.length);
  card.tabIndex = index === chosen ? 0 : -1;
  const frame = document.createElement("span"), prompt = document.createElement("span"), line = document.createElement("span");
  frame.className = "frame";
  if (run.small) {
    const picture = new Image();
    picture.loading = "lazy";
    picture.decoding = "async";
    picture.alt = "";
    picture.src = `${data.cache}/${run.small}`;
    frame.append(picture);
  }
  prompt.className = "prompt";
  prompt.dir = "auto";
  prompt.textContent = run.prompt;
  line.className = "line";
  const left = document.createElement("span"), right = document.createElement("span");
  left.textContent = run.status === "finished" ? score(run) : run.status;
  right.textContent = `seed ${run.seed}`;
  line.append(left, right);
  card.append(frame, prompt, line);
  card.title = run.prompt.slice(0, 500);
  place(card, index);
  return card;
}

function draw() {
  const top = window.scrollY - grid.offsetTop, { columns, row } = layout;
  const first = Math.max(0, (Math.floor(top / row) - SPARE_ROWS) * columns);
  const last = Math.min(shown.length, (Math.ceil((top + window.innerHeight) / row) + SPARE_ROWS) * columns);
  for (const [index, card] of cards) {
    if ((index < first || index >= last) && card !== document.activeElement) {
      card.remove();
      cards.delete(index);
    }
  }
  for (let index = first; index < last; index++) {
    if (!cards.has(index)) {
      const card = make(index);
      cards.set(index, card);
      grid.append(card);
    }
  }
}

function focus(index) {
  const { row, columns } = layout;
  cards.get(chosen)?.setAttribute("tabindex", "-1");
  chosen = Math.max(0, Math.min(shown.length - 1, index));
  const top = grid.offsetTop + Math.floor(chosen / columns) * row, head = document.querySelector("header").offsetHeight;
  if (top - head < window.scrollY) window.scrollTo(0, top - head - GAP);
  else if (top + row > window.scrollY + window.innerHeight) window.scrollTo(0, top + row - window.innerHeight);
  draw();
  const card = cards.get(chosen);
  if (card) {
    card.tabIndex = 0;
    card.focus({ preventScroll: true });
  }
}

function list(target, pairs) {
  target.replaceChildren(...pairs.flatMap(([name, value]) => {
    const term = document.createElement("dt"), text = document.createElement("dd");
    term.textContent = name;
    text.textContent = value;
    text.dir = "auto";
    return [term, text];
  }));
}

function link(id, address) {
  byId(id).hidden = !address;
  if (address) byId(id).href = address;
}

function show(index) {
  const run = shown[index];
  chosen = index;
  byId("prompt").textContent = run.prompt;
  byId("picture").src = run.picture || "";
  byId("picture").alt = run.prompt.slice(0, 500);
  byId("picture").hidden = !run.picture;
  still();
  byId("play").hidden = !run.video;
  link("open", run.picture);
  link("report", run.report);
  link("folder", `${run.folder}/`);
  const date = run.date ? new Date(run.date * 1000).toLocaleString() : "";
  const facts = [["Score", run.score === null ? "" : run.score.toFixed(4)], ["Seed", String(run.seed ?? "")], ["Status", run.status],
    ["Steps", String(run.steps)], ["Size", `${run.width}x${run.height}`],
    ["Seconds", run.seconds.toFixed(1)], ["Date", date], ["Folder", run.name]];
  list(byId("facts"), facts.filter(([, value]) => value));
  list(byId("settings"), Object.entries(run.settings));
  byId("previous").disabled = index === 0;
  byId("next").disabled = index === shown.length - 1;
  if (!dialog.open) dialog.showModal();
}

function still() {
  const video = byId("video");
  video.pause();
  video.removeAttribute("src");
  video.hidden = true;
  byId("play").textContent = "Video";
}

function play() {
  const run = shown[chosen], video = byId("video");
  if (!video.hidden) {
    still();
    byId("picture").hidden = !run.picture;
    return;
  }
  if (!/\.(mp4|webm|mkv)$/.test(run.video)) {
    byId("picture").src = run.video;
    return;
  }
  byId("picture").hidden = true;
  video.hidden = false;
  video.src = run.video;
  video.play().catch(() => {});
  byId("play").textContent = "Still";
}

const step = (by) => { if (shown[chosen + by]) show(chosen + by); };
grid.addEventListener("click", (event) => {
  const card = event.target.closest(".card");
  if (card) show(Number(card.dataset.index));
});
byId("play").addEventListener("click", play);
byId("close").addEventListener("click", () => dialog.close());
byId("previous").addEventListener("click", () => step(-1));
byId("next").addEventListener("click", () => step(1));
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
dialog.addEventListener("close", () => { still(); focus(chosen); });
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("input, select, video");
  if (dialog.open) {
    if (event.key === "ArrowLeft" && !typing) step(-1);
    else if (event.key === "ArrowRight" && !typing) step(1);
    return;
  }
  if (event.key === "/" && !typing) {
    event.preventDefault();
    byId("search").focus();
  } else if (event.key === "Escape" && event.target === byId("search")) {
    byId("search").value = "";
    select();
  } else if (event.target === byId("search") && event.key === "ArrowDown") {
    event.preventDefault();
    focus(chosen);
  } else if (!typing) {
    const { columns } = layout, page = Math.max(1, Math.floor(window.innerHeight / layout.row)) * columns;
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, PageUp: -page, PageDown: page,
      Home: -shown.length, End: shown.length };
    if (event.key in moves && shown.length && event.target.closest(".card")) {
      event.preventDefault();
      focus(chosen + moves[event.key]);
    }
  }
});
byId("search").addEventListener("input", select);
byId("sort").addEventListener("change", () => { reversed = false; byId("order").textContent = "↓"; select(); });
byId("order").addEventListener("click", () => {
  reversed = !reversed;
  byId("order").textContent = reversed ? "↑" : "↓";
  select();
});
window.addEventListener("scroll", draw, { passive: true });
window.addEventListener("resize", measure);
select();
