"use strict";
const byId = (id) => document.getElementById(id);
const EVERY = 500, RETRY = 2000;
const WORDS = {
  loading: "Loading the models", drawing: "Drawing", stopping: "Stopping after this step", saving: "Saving the files",
  finished: "Finished", stopped: "Stopped", failed: "Failed", lost: "The connection is lost",
};
const LOST = "The run has ended, or cannot be reached. The last picture stays here.";
let state = { status: "loading", picture: 0, curve: [], stage_steps: [] }, shownPicture = 0, hovered = null, failures = 0;

const digits = (value) => Math.abs(value) < 0.1 ? value.toFixed(4) : value.toFixed(3);

function duration(seconds) {
  if (seconds < 1) return "less than 1 s";
  const whole = Math.round(seconds), hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

function pace(seconds) {
  return seconds < 1 ? `${(1 / Math.max(seconds, 1e-6)).toFixed(1)} steps/s` : `${seconds.toFixed(1)} s per step`;
}

function show() {
  const { status, step = 0, steps = 0 } = state, done = steps ? step / steps : 0;
  byId("status").dataset.status = status;
  byId("word").textContent = WORDS[status];
  byId("prompt").textContent = state.prompt ?? "";
  byId("message").textContent = status === "lost" ? LOST : state.message;
  byId("message").hidden = !byId("message").textContent;
  byId("progress").setAttribute("aria-valuemax", steps || 1);
  byId("progress").setAttribute("aria-valuenow", step);
  byId("bar").style.width = `${100 * done}%`;
  byId("steps").textContent = steps ? `Step ${step} of ${steps}` : "";
  const estimated = (status === "loading" || status === "drawing" && step < steps) && typeof state.left === "number";
  byId("left").textContent = estimated ? `about ${duration(state.left)} left` : "";
  byId("stop").disabled = status !== "drawing" && status !== "loading";
  byId("snapshot").hidden = !state.snapshots;
  byId("snapshot").disabled = status !== "drawing" || Boolean(state.snapshot_asked);
  byId("saved").textContent = state.snapshot_asked ? "Saving after this step" : typeof state.snapshot === "number" && state.snapshots ? `Step ${state.snapshot} is saved` : "";
  const percent = status === "drawing" ? `${Math.floor(100 * done)} %` : WORDS[status];
  document.title = state.prompt ? `${percent} · ${state.prompt}` : percent;
  for (const chart of document.querySelectorAll(".chart")) draw(chart);
  facts();
}

function facts() {
  const rows = {
    Stage: state.stages > 1 ? `${state.stage} of ${state.stages}${state.pixels ? ", pixel optimisation" : ""}` : "",
    Size: state.size ? `${state.size[0]} × ${state.size[1]} pixels` : "",
    Seed: typeof state.seed === "number" ? String(state.seed) : "",
    Speed: typeof state.pace === "number" ? pace(state.pace) : "",
    Folder: state.directory ?? "",
  };
  const parts = Object.entries(rows).filter(([, text]) => text).flatMap(([name, text]) => {
    const term = document.createElement("dt"), value = document.createElement("dd");
    term.textContent = name;
    value.textContent = text;
    return [term, value];
  });
  byId("facts").replaceChildren(...parts);
}

function element(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function draw(chart) {
  const column = chart.dataset.kind === "loss" ? 1 : 2, points = known(column), dot = chart.querySelector("i");
  chart.hidden = !points.length;
  if (!points.length) return;
  let low = Infinity, high = -Infinity;
  for (const point of points) {
    low = Math.min(low, point[column]);
    high = Math.max(high, point[column]);
  }
  const end = Math.max(state.steps, 2), span = high - low || 1;
  const x = (step) => 100 * (step - 1) / (end - 1), y = (value) => high === low ? 50 : 100 * (high - value) / span;
  const path = points.map((point, n) => `${n ? "L" : "M"}${x(point[0]).toFixed(2)} ${y(point[column]).toFixed(2)}`).join("");
  const stages = state.stage_steps.filter((step) => step > 0).map((step) => element("line", { x1: x(step + 0.5), x2: x(step + 0.5), y1: 0, y2: 100 }));
  chart.querySelector("svg").replaceChildren(...stages, element("path", { d: path }));
  chart.querySelector(".high").textContent = high === low ? "" : digits(high);
  chart.querySelector(".low").textContent = high === low ? "" : digits(low);
  const chosen = hovered && hovered.chart === chart ? nearest(points, 1 + hovered.share * (end - 1)) : points[points.length - 1];
  chart.querySelector("output").textContent = hovered && hovered.chart === chart ? `step ${chosen[0]}: ${digits(chosen[column])}` : digits(chosen[column]);
  dot.style.left = `${x(chosen[0])}%`;
  dot.style.top = `${y(chosen[column])}%`;
  dot.style.visibility = "visible";
}

// A step whose picture is not scored has no score.
const known = (column) => state.curve.filter((point) => point[column] !== null);

function nearest(points, step) {
  return points.reduce((best, point) => Math.abs(point[0] - step) < Math.abs(best[0] - step) ? point : best);
}

async function showPicture() {
  const number = state.picture, next = new Image();
  next.src = `picture?${number}`;
  await next.decode();
  shownPicture = number;
  byId("picture").src = next.src;
  byId("picture").hidden = false;
  byId("blank").hidden = true;
}

async function follow() {
  let wait = EVERY;
  try {
    const answer = await fetch("state", { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    state = await answer.json();
    failures = 0;
    show();
    if (state.picture !== shownPicture) await showPicture();
    // The server waits until the last state is read with its picture.
    if (state.ended) return;
  } catch {
    failures += 1;
    wait = RETRY;
    if (failures > 1) {
      state.status = "lost";
      show();
    }
    if (failures > 30) return;
  }
  setTimeout(follow, wait);
}

async function press(name, change) {
  Object.assign(state, change);
  show();
  await fetch(name, { method: "POST" }).catch(() => {});
}

byId("stop").addEventListener("click", () => press("stop", { status: "stopping" }));
byId("snapshot").addEventListener("click", () => press("snapshot", { snapshot_asked: true }));
for (const chart of document.querySelectorAll(".chart")) {
  const plot = chart.querySelector(".plot");
  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    hovered = { chart, share: Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) };
    draw(chart);
  });
  plot.addEventListener("pointerleave", () => {
    hovered = null;
    draw(chart);
  });
}
follow();
