// A place of a feature map: the map large, and what the place sees of the photo.

import { cell } from "./maps.js";

// inspect shows one channel large in an element, in each of the grids, and in a figure what the place that is pointed at sees
// of the photo. It returns what takes the arrow keys.
export function inspect({ group, frames, at, name, place, columns, rows }, large, field) {
  const title = document.createElement("p"), output = document.createElement("output"), line = document.createElement("div");
  title.append(`${group.ariaLabel}, channel ${name}, `, output);
  line.className = group.className;
  large.replaceChildren(title, line);
  const canvases = frames.map(frame => {
    const figure = document.createElement("figure"), box = document.createElement("span"), mark = document.createElement("i");
    const caption = document.createElement("figcaption"), canvas = cell(frame.querySelector("img"), at, columns, rows);
    caption.textContent = frame.parentElement.querySelector("figcaption b").textContent;
    box.className = "frame";
    canvas.tabIndex = 0;
    canvas.role = "img";
    canvas.ariaLabel = `${caption.textContent}, channel ${name}; arrow keys move the place that is looked at`;
    box.append(canvas, mark);
    figure.append(caption, box);
    line.append(figure);
    return { canvas, mark };
  });
  const { width, height } = canvases[0].canvas;
  let x = Math.min(width - 1, Math.floor(place.x * width)), y = Math.min(height - 1, Math.floor(place.y * height));
  function mark() {
    for (const { mark } of canvases) {
      Object.assign(mark.style, { left: `${100 * x / width}%`, top: `${100 * y / height}%`, width: `${100 / width}%`, height: `${100 / height}%` });
    }
    output.value = `row ${y}, column ${x}${field ? see(field, x, y) : ""}`;
  }
  for (const { canvas } of canvases) {
    canvas.addEventListener("click", event => {
      const box = canvas.getBoundingClientRect();
      x = Math.min(width - 1, Math.floor(width * (event.clientX - box.left) / box.width));
      y = Math.min(height - 1, Math.floor(height * (event.clientY - box.top) / box.height));
      mark();
    });
    canvas.addEventListener("keydown", event => {
      const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [];
      if (dx === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      x = Math.max(0, Math.min(width - 1, x + dx));
      y = Math.max(0, Math.min(height - 1, y + dy));
      mark();
    });
  }
  mark();
  return canvases[0].canvas;
}

// see draws the receptive field of a place on what the network sees of the photo, and says where it is.
function see(figure, x, y) {
  const { from, size, stride, width, height } = Object.fromEntries(Object.entries(figure.dataset).map(([key, value]) => [key, Number(value)]));
  const frame = figure.querySelector(".frame"), box = frame.querySelector("i") ?? frame.appendChild(document.createElement("i"));
  const left = size ? from + stride * x : 0, top = size ? from + stride * y : 0, right = size ? left + size : width, bottom = size ? top + size : height;
  const inside = [Math.max(0, left), Math.max(0, top), Math.min(width, right), Math.min(height, bottom)];
  Object.assign(box.style, {
    left: `${100 * inside[0] / width}%`, top: `${100 * inside[1] / height}%`,
    width: `${100 * (inside[2] - inside[0]) / width}%`, height: `${100 * (inside[3] - inside[1]) / height}%`,
  });
  return `: sees x ${inside[0]} to ${inside[2] - 1}, y ${inside[1]} to ${inside[3] - 1}`;
}
