// Points at what is wanted and at what is not, and shows the mask of it over the picture.

import { context, scaled } from "../canvases.js";
import { History } from "../history.js";
import { previewOf } from "../picture.js";
import { prompts } from "../prompts.js";
import { decoded } from "../results.js";
import { listMarks, marksAt, paintMarks } from "../marks.js";
import { Tool } from "./tool.js";

const NOTHING = { points: [], box: null };
const DRAG_FROM = 5;
const TINT = [109, 76, 255];

export class Extract extends Tool {
  service = "object-extraction";
  label = "Extract";
  suffix = "object";
  help =
    "Click what you want, right-click or Alt-click what you do not, drag a box around it. " +
    "By keyboard: arrows move the crosshair, Enter keeps, B leaves out, X sets the corners of a box, Delete removes the nearest point.";

  history = new History(NOTHING);
  keeps = true;
  inverted = false;
  feather = 0;

  reset() {
    this.history.reset(NOTHING);
    this.selected = -1;
    this.corner = this.live = this.mask = this.copy = null;
    this.hasFailed = false;
    this.list();
  }

  get marks() {
    return this.live ?? this.history.value;
  }

  get isReady() {
    return Boolean(this.mask);
  }

  down(place, event) {
    const hit = marksAt(this.marks, place, this.page.view.scale);
    const isWanted = this.keeps && !(event.button === 2 || event.altKey || event.ctrlKey);
    this.start = { place, hit, isWanted, x: event.clientX, y: event.clientY };
  }

  move(place, event) {
    if (!this.start) return;
    const far = Math.hypot(event.clientX - this.start.x, event.clientY - this.start.y);
    if (far < DRAG_FROM && !this.live) return;
    const at = this.page.view.contain(place);
    this.live = this.start.hit >= 0 ? moved(this.history.value, this.start.hit, at) : this.boxed(this.start.place, at);
    this.page.view.redraw();
  }

  up(place) {
    if (!this.start) return;
    const { hit, isWanted } = this.start;
    const dragged = this.live;
    this.cancel();
    if (dragged) this.commit(dragged);
    else if (hit >= 0) this.select(hit);
    else this.add(place, isWanted);
  }

  cancel() {
    this.start = this.live = null;
    this.page.view.redraw();
  }

  key(event, place) {
    if (event.key === "Escape" && this.corner) this.giveUp();
    else if (event.key === "Delete" || event.key === "Backspace") this.remove(this.nearest(place));
    else if (!place) return false;
    else if (event.key === "Enter") this.add(place, this.keeps && !event.altKey);
    else if (event.key.toLowerCase() === "b") this.add(place, false);
    else if (event.key.toLowerCase() === "x") this.turn(place);
    else return false;
    this.page.view.redraw();
    return true;
  }

  // The first corner of a box, then the second.
  turn(place) {
    if (!this.corner) {
      this.corner = place;
      this.page.announce("First corner of the box.");
      return;
    }
    const box = this.boxed(this.corner, place);
    this.corner = this.live = null;
    this.commit(box);
  }

  giveUp() {
    this.corner = this.live = null;
    this.page.announce("The box is given up.");
  }

  // Who moves on means what is near, not what was added or selected last.
  travel(place) {
    this.selected = -1;
    if (this.corner) this.live = this.boxed(this.corner, place);
  }

  boxed(one, other) {
    const { width, height } = this.page.view.size;
    const within = (value, end) => Math.min(Math.max(value, 0), end);
    const [left, right] = [one.x, other.x].map((x) => within(x, width)).sort((a, b) => a - b);
    const [top, bottom] = [one.y, other.y].map((y) => within(y, height)).sort((a, b) => a - b);
    const box = right - left > 1 && bottom - top > 1 ? [left, top, right, bottom] : null;
    return { ...this.history.value, box };
  }

  add(place, isWanted) {
    const { x, y } = this.page.view.contain(place);
    const { width, height } = this.page.view.size;
    if (place.x < 0 || place.y < 0 || place.x > width || place.y > height) return;
    const points = [...this.history.value.points, { x, y, isWanted }];
    this.selected = points.length - 1;
    this.commit({ ...this.history.value, points });
  }

  remove(which) {
    const { points, box } = this.history.value;
    if (which === "box") this.commit({ points, box: null });
    else if (points[which]) this.commit({ points: points.filter((_, index) => index !== which), box });
    this.selected = -1;
  }

  nearest(place) {
    const { points } = this.history.value;
    if (this.selected >= 0 || !place) return this.selected >= 0 ? this.selected : points.length - 1;
    const far = points.map((point) => Math.hypot(point.x - place.x, point.y - place.y));
    return far.indexOf(Math.min(...far));
  }

  select(index) {
    this.selected = index;
    this.page.announce(`Point ${index + 1} is selected. Press Delete to remove it.`);
    this.page.view.redraw();
  }

  commit(value) {
    this.history.commit(value);
    this.refresh();
  }

  undo() {
    if (this.history.undo()) this.refresh();
  }

  redo() {
    if (this.history.redo()) this.refresh();
  }

  clear() {
    if (this.corner) this.giveUp();
    if (this.history.value !== NOTHING) this.commit(NOTHING);
  }

  invert(inverted) {
    this.inverted = inverted;
    if (this.mask) this.tint();
    this.page.changed();
  }

  refresh() {
    this.live = null;
    this.list();
    this.page.changed();
    this.look();
  }

  list() {
    listMarks(this.page.marks, this.history.value, (which) => this.remove(which), this.page.view.canvas);
  }

  // One look at a time; what changed meanwhile is looked at once, after it.
  async look() {
    this.isStale = true;
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      while (this.isStale && this.page.picture()) {
        this.isStale = false;
        await this.lookOnce(this.history.value, this.page.picture());
      }
    } finally {
      this.isLooking = false;
    }
  }

  async lookOnce(marks, picture) {
    if (this.hasFailed) this.page.solved();
    this.hasFailed = false;
    if (!marks.box && !marks.points.some((point) => point.isWanted)) {
      this.mask = null;
      this.page.announce(marks.points.length ? "Mark what is to be kept as well." : "Nothing is marked.");
      this.page.changed();
      return;
    }
    try {
      this.page.working("Looking");
      const copy = this.copy ?? (await previewOf(picture));
      if (picture !== this.page.picture()) return; // its copy is not the new one's
      this.copy = copy;
      const answer = await this.page.api.preview(prompts(marks, picture, copy), copy.blob);
      const mask = await decoded(answer);
      if (picture !== this.page.picture()) return;
      this.mask = mask;
      this.tint();
      this.page.working("");
      this.page.announce(`Mask found, ${this.share} % of the picture.`);
    } catch (error) {
      this.mask = null;
      this.hasFailed = true;
      this.page.failed(error);
    }
    this.page.changed();
  }

  tint() {
    const canvas = scaled(this.mask, this.mask);
    const drawing = context(canvas);
    const pixels = drawing.getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    for (let i = 0; i < pixels.data.length; i += 4) {
      const kept = this.inverted ? 255 - pixels.data[i] : pixels.data[i];
      sum += kept;
      pixels.data.set([...TINT, kept * 0.6], i);
    }
    drawing.putImageData(pixels, 0, 0);
    this.tinted = canvas;
    this.share = Math.round((sum / 255 / (pixels.data.length / 4)) * 100);
    this.page.view.redraw();
  }

  paint(drawing, view) {
    if (this.mask && this.tinted) {
      drawing.imageSmoothingEnabled = true;
      drawing.drawImage(this.tinted, 0, 0, view.size.width, view.size.height);
    }
    paintMarks(drawing, view, this.marks, this.selected);
  }

  async request(picture) {
    const query = { ...prompts(this.history.value, picture, picture), output_format: "png", feather: this.feather, edges: "fine" };
    if (this.inverted) query.invert = "true";
    return { service: this.service, query, files: { image: picture.file } };
  }

  async finish(answer) {
    const image = await decoded(answer.blob);
    return { image, blob: answer.blob, isClear: true, extension: "png", divider: 50 };
  }
}

function moved({ points, box }, index, { x, y }) {
  return { points: points.map((point, i) => (i === index ? { ...point, x, y } : point)), box };
}
