// A result on the canvas: beside the original, divided by a line, or fading in over it.

const FADE_MS = 500;

export async function decoded(blob) {
  return createImageBitmap(blob);
}

export function paintResult(drawing, view, picture, result, { divider, isHeld, since }) {
  const { width, height } = view.size;
  drawing.drawImage(picture.image, 0, 0, width, height);
  if (isHeld) return false;
  const from = (divider / 100) * width;
  const age = result.fades ? (performance.now() - since) / FADE_MS : 1;
  drawing.save();
  drawing.beginPath();
  drawing.rect(from, 0, width - from, height);
  drawing.clip();
  if (result.isClear) checker(drawing, view);
  drawing.globalAlpha = Math.min(1, age);
  drawing.drawImage(result.image, 0, 0, width, height);
  drawing.restore();
  if (divider > 0 && divider < 100) line(drawing, view, from);
  return age < 1;
}

function line(drawing, view, x) {
  for (const [colour, width] of [["rgb(0 0 0 / 60%)", 4], ["#fff", 2]]) {
    drawing.fillStyle = colour;
    drawing.fillRect(x - width / 2 / view.scale, 0, width / view.scale, view.size.height);
  }
}

let tile;
function checker(drawing, view) {
  if (!tile) {
    tile = document.createElement("canvas");
    tile.width = tile.height = 20;
    const tiled = tile.getContext("2d");
    tiled.fillStyle = "#fff";
    tiled.fillRect(0, 0, 20, 20);
    tiled.fillStyle = "#d3d3dc";
    tiled.fillRect(0, 0, 10, 10);
    tiled.fillRect(10, 10, 10, 10);
  }
  const pattern = drawing.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / view.scale));
  drawing.fillStyle = pattern;
  drawing.fillRect(0, 0, view.size.width, view.size.height);
}

// Stands for the tool while a result is shown: dragging and arrow keys move the line.
export class Comparing {
  constructor(view, get, set) {
    Object.assign(this, { view, get, set });
  }

  down(place) {
    this.move(place);
  }

  move({ x }) {
    this.set(Math.min(100, Math.max(0, (x / this.view.size.width) * 100)));
  }

  up() {}

  cancel() {}

  hover() {}

  travel() {}

  key(event) {
    const step = { ArrowLeft: -5, ArrowRight: 5 }[event.key];
    if (step) this.set(Math.min(100, Math.max(0, this.get() + step)));
    return Boolean(step) || event.key.startsWith("Arrow");
  }
}
