// The canvas: where the picture lies on it, how large, and drawing it when something changed.

const MOST = 32;
const SHARP_FROM = 2;

export class View {
  constructor(canvas, paint) {
    this.canvas = canvas;
    this.paint = paint;
    this.drawing = canvas.getContext("2d");
    this.size = { width: 1, height: 1 };
    this.scale = 1;
    this.left = 0;
    this.top = 0;
    this.isFitted = true;
    new ResizeObserver(() => this.resize()).observe(canvas);
  }

  // Shows a picture of another size, whole.
  show(size) {
    this.size = size;
    this.fit();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
    if (this.isFitted) this.fit();
    else this.redraw();
  }

  get fitting() {
    const { clientWidth, clientHeight } = this.canvas;
    return Math.min(clientWidth / this.size.width, clientHeight / this.size.height) || 1;
  }

  fit() {
    this.scale = this.fitting;
    this.left = (this.canvas.clientWidth - this.size.width * this.scale) / 2;
    this.top = (this.canvas.clientHeight - this.size.height * this.scale) / 2;
    this.isFitted = true;
    this.redraw();
  }

  // Keeps what lies at (x, y) of the canvas where it is.
  zoom(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const least = Math.min(1, this.fitting) / 2;
    const scale = Math.min(MOST, Math.max(least, this.scale * factor));
    const change = scale / this.scale;
    this.left = x - (x - this.left) * change;
    this.top = y - (y - this.top) * change;
    this.scale = scale;
    this.isFitted = false;
    this.redraw();
  }

  pan(dx, dy) {
    this.left += dx;
    this.top += dy;
    this.isFitted = false;
    this.redraw();
  }

  // From a place in the window to one in the picture, which may lie outside of it.
  toPicture(clientX, clientY) {
    const frame = this.canvas.getBoundingClientRect();
    return {
      x: (clientX - frame.left - this.left) / this.scale,
      y: (clientY - frame.top - this.top) / this.scale,
    };
  }

  contain({ x, y }) {
    const within = (value, end) => Math.min(Math.max(value, 0), end - 1);
    return { x: within(x, this.size.width), y: within(y, this.size.height) };
  }

  // Pans just so far that a place of the picture is in sight.
  reveal({ x, y }) {
    const { clientWidth, clientHeight } = this.canvas;
    const [px, py] = [this.left + x * this.scale, this.top + y * this.scale];
    const dx = Math.max(0, 16 - px) - Math.max(0, px - clientWidth + 16);
    const dy = Math.max(0, 16 - py) - Math.max(0, py - clientHeight + 16);
    if (dx || dy) this.pan(dx, dy);
  }

  redraw() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = undefined;
      this.draw();
    });
  }

  draw() {
    const ratio = window.devicePixelRatio || 1;
    const { drawing, canvas } = this;
    drawing.setTransform(1, 0, 0, 1, 0, 0);
    drawing.clearRect(0, 0, canvas.width, canvas.height);
    drawing.setTransform(ratio * this.scale, 0, 0, ratio * this.scale, ratio * this.left, ratio * this.top);
    drawing.imageSmoothingEnabled = this.scale < SHARP_FROM;
    drawing.imageSmoothingQuality = "high";
    this.paint(drawing, this);
  }
}
