"use strict";
const frames = JSON.parse(document.getElementById("frames").textContent);
const slider = document.getElementById("slider");
if (slider) {
  const view = document.getElementById("frame");
  const stepLabel = document.getElementById("step");
  const play = document.getElementById("play");
  let timer = 0;
  const show = () => {
    const frame = frames.pictures[slider.value];
    view.src = frame.source;
    stepLabel.textContent = "step " + frame.step;
    for (const chart of document.querySelectorAll(".chart")) {
      const left = Number(chart.dataset.left), right = Number(chart.dataset.right);
      const x = left + (right - left) * frame.step / Math.max(1, Number(chart.dataset.last));
      const cursor = chart.querySelector(".cursor");
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
      cursor.style.visibility = "visible";
    }
  };
  const stop = () => { clearInterval(timer); timer = 0; play.textContent = "Play"; };
  const next = () => {
    slider.value = Number(slider.value) + 1;
    show();
    if (Number(slider.value) === Number(slider.max)) stop();
  };
  slider.addEventListener("input", () => { stop(); show(); });
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(slider.value) === Number(slider.max)) slider.value = 0;
    show();
    timer = setInterval(next, 1000 / frames.fps);
    play.textContent = "Pause";
  });
  show();
}
