// The canvas without a mouse: a crosshair moved by the arrow keys stands for the pointer.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEP = 8;

export class Crosshair {
  constructor(canvas, view, tool, onMove) {
    this.view = view;
    this.tool = tool;
    this.onMove = onMove;
    this.place = null;
    canvas.addEventListener("keydown", (event) => this.press(event));
    canvas.addEventListener("pointerdown", () => this.hide());
  }

  hide() {
    this.place = null;
  }

  press(event) {
    if (event.ctrlKey || event.metaKey) return;
    // First, for beside a result the arrows move the line.
    if (this.tool().key(event, this.place) || this.move(event)) event.preventDefault();
  }

  // Whether the key moved the crosshair or the picture.
  move(event) {
    if (ARROWS[event.key]) this.step(...ARROWS[event.key], event);
    else if (event.key === "+" || event.key === "=") this.view.zoom(1.25);
    else if (event.key === "-") this.view.zoom(0.8);
    else if (event.key === "0") this.view.fit();
    else return false;
    return true;
  }

  // Steps are as large on the screen whatever the zoom; Shift makes them five times larger,
  // Alt the smallest there are.
  step(dx, dy, event) {
    const { width, height } = this.view.size;
    const start = this.place ?? { x: width / 2, y: height / 2 };
    const length = event.altKey ? 1 : ((event.shiftKey ? 5 : 1) * STEP) / this.view.scale;
    this.place = this.view.contain({ x: start.x + dx * length, y: start.y + dy * length });
    this.view.reveal(this.place);
    this.tool().travel(this.place);
    this.onMove(this.place);
    this.view.redraw();
  }

  paint(drawing, view) {
    if (!this.place) return;
    const { x, y } = this.place;
    const [arm, gap] = [14 / view.scale, 4 / view.scale];
    for (const [colour, width] of [["#000", 4], ["#fff", 2]]) {
      drawing.strokeStyle = colour;
      drawing.lineWidth = width / view.scale;
      drawing.beginPath();
      for (const [dx, dy] of Object.values(ARROWS)) {
        drawing.moveTo(x + dx * gap, y + dy * gap);
        drawing.lineTo(x + dx * arm, y + dy * arm);
      }
      drawing.stroke();
    }
  }
}
