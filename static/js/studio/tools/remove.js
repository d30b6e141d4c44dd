// Paints over what should go: brush, lasso, eraser.

import { bounded, newCanvas, context } from "../canvases.js";
import { History } from "../history.js";
import { decoded } from "../results.js";
import { maskOf, paintStroke, paintStrokes, shareOf } from "../strokes.js";
import { Tool } from "./tool.js";

const RED = "#e5201b";
const OVERLAY_SIDE = 1400;
const LEAST = 4;

export class Remove extends Tool {
  service = "object-removal";
  label = "Remove";
  suffix = "removed";
  help =
    "Paint over what should go. [ and ] change the size. " +
    "By keyboard: arrows move the brush, Enter puts it down and lifts it again, Ctrl+Z undoes.";

  history = new History([]);
  kind = "brush";
  size = 40;
  least = LEAST;
  share = 0;

  reset(picture) {
    this.history.reset([]);
    this.stroke = this.pointer = null;
    if (!picture) return;
    const size = bounded(picture, OVERLAY_SIDE);
    this.factors = [size.width / picture.width, size.height / picture.height];
    this.overlay = newCanvas(size.width, size.height);
    this.share = 0;
    // In the small copy a thinner line would be too faint to be seen, and to count as marked.
    this.least = Math.ceil(Math.max(LEAST, 1.5 / Math.min(...this.factors)));
    this.most = Math.round(Math.max(picture.width, picture.height) / 3);
    this.resize(Math.max(picture.width, picture.height) / 22);
  }

  resize(size) {
    this.size = Math.round(Math.min(this.most, Math.max(this.least, size)));
    this.page.sized(this.size, this.least, this.most);
    this.page.view.redraw();
  }

  get isReady() {
    return this.share > 0;
  }

  down(place, event) {
    if (event.button === 2) return;
    this.begin(place);
  }

  move(place) {
    this.pointer = place;
    this.extend(place);
  }

  up() {
    this.end();
  }

  hover(place) {
    this.pointer = place;
    this.page.view.redraw();
  }

  travel(place) {
    this.pointer = place;
    this.extend(place);
  }

  key(event, place) {
    if (event.key === "[") this.resize(this.size * 0.8);
    else if (event.key === "]") this.resize(this.size * 1.25);
    else if (event.key === "Escape" && this.stroke) this.cancel();
    else if (event.key === "Enter" && place) this.toggle(place);
    else return false;
    return true;
  }

  toggle(place) {
    if (this.stroke) {
      this.end();
      return;
    }
    this.begin(place);
    this.page.announce("The brush is down.");
  }

  begin(place) {
    this.stroke = { kind: this.kind, size: this.size, places: [place] };
    this.drawEnd();
  }

  extend(place) {
    if (this.stroke) {
      this.stroke.places.push(place);
      this.drawEnd();
    }
    this.page.view.redraw();
  }

  // The new piece of the stroke; a lasso is filled when it is closed.
  drawEnd() {
    if (this.stroke.kind === "lasso") return;
    const drawing = context(this.overlay);
    drawing.setTransform(this.factors[0], 0, 0, this.factors[1], 0, 0);
    paintStroke(drawing, { ...this.stroke, places: this.stroke.places.slice(-2) }, RED);
    this.page.view.redraw();
  }

  end() {
    if (!this.stroke) return;
    const { stroke } = this;
    this.stroke = null;
    if (stroke.kind === "lasso" && stroke.places.length < 3) this.repaint();
    else {
      this.history.commit([...this.history.value, stroke]);
      this.repaint();
    }
  }

  cancel() {
    this.stroke = null;
    this.repaint();
  }

  undo() {
    if (this.history.undo()) this.repaint();
  }

  redo() {
    if (this.history.redo()) this.repaint();
  }

  clear() {
    if (!this.history.value.length) return;
    this.history.commit([]);
    this.repaint();
  }

  repaint() {
    paintStrokes(this.overlay, this.history.value, this.factors, RED);
    this.share = shareOf(this.overlay);
    this.page.announce(this.share ? `${percent(this.share)} of the picture is marked.` : "Nothing is marked.");
    this.page.changed();
  }

  paint(drawing, view) {
    if (this.overlay) {
      drawing.globalAlpha = 0.5;
      drawing.imageSmoothingEnabled = true;
      drawing.drawImage(this.overlay, 0, 0, view.size.width, view.size.height);
      drawing.globalAlpha = 1;
    }
    if (this.stroke?.kind === "lasso") this.outline(drawing, view, this.stroke.places);
    else if (this.pointer && this.kind !== "lasso") this.ring(drawing, view);
  }

  outline(drawing, view, places) {
    drawing.beginPath();
    places.forEach(({ x, y }) => drawing.lineTo(x, y));
    trace(drawing, view);
  }

  ring(drawing, view) {
    drawing.beginPath();
    drawing.arc(this.pointer.x, this.pointer.y, this.size / 2, 0, Math.PI * 2);
    trace(drawing, view);
  }

  async request(picture) {
    const mask = await maskOf(this.history.value, picture);
    return { service: this.service, query: {}, files: { image: picture.file, mask } };
  }

  async finish(answer) {
    const image = await decoded(answer.blob);
    const extension = answer.blob.type.replace("image/", "").replace("jpeg", "jpg");
    return { image, blob: answer.blob, isClear: false, extension, divider: 0, fades: true };
  }
}

function trace(drawing, view) {
  for (const [colour, width] of [["#000", 3], ["#fff", 1.5]]) {
    drawing.strokeStyle = colour;
    drawing.lineWidth = width / view.scale;
    drawing.stroke();
  }
}

function percent(share) {
  return share < 1 ? "Less than 1 %" : `${Math.round(share)} %`;
}
