// Grids of feature maps: point at a map, or move with the arrow keys, to see which channel it is, in all grids of its block;
// a click or Enter looks at a place of it.

// cell is one map of a grid, as a canvas of its size.
export function cell(image, at, columns, rows) {
  const canvas = document.createElement("canvas");
  const w = (image.naturalWidth + 1) / columns - 1, h = (image.naturalHeight + 1) / rows - 1;
  canvas.width = w;
  canvas.height = h;
  canvas.getContext("2d").drawImage(image, (at % columns) * (w + 1), Math.floor(at / columns) * (h + 1), w, h, 0, 0, w, h);
  return canvas;
}

export function enlivenMaps(group, look) {
  const frames = [...group.querySelectorAll(".frame")], output = group.parentElement.querySelector("output");
  const { count, columns, channels } = group.dataset, names = channels.split(" ");
  const width = Math.min(columns, count), height = Math.ceil(count / width);
  const marks = frames.map(frame => frame.appendChild(document.createElement("i")));
  let current = -1;
  const choose = place => look({ group, frames, at: current, name: names[current], place, columns: width, rows: height });

  function point(at) {
    current = at;
    for (const mark of marks) {
      mark.hidden = at < 0;
      Object.assign(mark.style, {
        left: `${100 * (at % width) / width}%`, top: `${100 * Math.floor(at / width) / height}%`, width: `${100 / width}%`, height: `${100 / height}%`,
      });
    }
    output.value = at < 0 ? "" : `channel ${names[at]}`;
  }

  for (const frame of frames) {
    frame.tabIndex = frame === frames[0] ? 0 : -1;
    frame.role = "group";
    frame.ariaLabel = `${count} maps; arrow keys choose one, Enter shows it large`;
    const at = event => {
      const box = frame.getBoundingClientRect();
      const x = Math.floor(width * (event.clientX - box.left) / box.width), y = Math.floor(height * (event.clientY - box.top) / box.height);
      return x >= 0 && x < width && y >= 0 && y < height && y * width + x < count ? y * width + x : -1;
    };
    frame.addEventListener("pointermove", event => point(at(event)));
    frame.addEventListener("pointerleave", () => point(-1));
    frame.addEventListener("click", event => {
      point(at(event));
      if (current < 0) return;
      const box = frame.getBoundingClientRect();
      choose({ x: width * (event.clientX - box.left) / box.width % 1, y: height * (event.clientY - box.top) / box.height % 1 });
    });
    frame.addEventListener("blur", () => point(-1));
    frame.addEventListener("focus", () => { if (current < 0) point(0); });
    frame.addEventListener("keydown", event => {
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -width, ArrowDown: width }[event.key];
      if (event.key === "Enter" && current >= 0) choose({ x: 0.5, y: 0.5 })?.focus();
      else if (step && current + step >= 0 && current + step < count) point(current + step);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }
  point(-1);
}
