// Points and box: drawing them, finding the one under the pointer, and listing them beside the picture.

const RADIUS = 7;
const WANTED = "#17683b";
const UNWANTED = "#b3261e";

// The index of the point at a place of the picture, or -1.
export function marksAt({ points }, { x, y }, scale) {
  return points.findLastIndex((point) => Math.hypot(point.x - x, point.y - y) * scale <= RADIUS + 5);
}

export function paintMarks(drawing, view, { points, box }, selected) {
  const unit = 1 / view.scale;
  if (box) {
    const [left, top, right, bottom] = box;
    for (const [colour, width, dash] of [["#000", 3, []], ["#fff", 2, [6 * unit, 4 * unit]]]) {
      drawing.strokeStyle = colour;
      drawing.lineWidth = width * unit;
      drawing.setLineDash(dash);
      drawing.strokeRect(left, top, right - left, bottom - top);
    }
    drawing.setLineDash([]);
  }
  points.forEach((point, index) => {
    drawing.beginPath();
    drawing.arc(point.x, point.y, (index === selected ? RADIUS + 3 : RADIUS) * unit, 0, Math.PI * 2);
    drawing.fillStyle = point.isWanted ? WANTED : UNWANTED;
    drawing.strokeStyle = "#fff";
    drawing.lineWidth = 2 * unit;
    drawing.fill();
    drawing.stroke();
    // A plus or a minus, for whoever does not see the colours apart.
    drawing.beginPath();
    drawing.moveTo(point.x - 3.5 * unit, point.y);
    drawing.lineTo(point.x + 3.5 * unit, point.y);
    if (point.isWanted) {
      drawing.moveTo(point.x, point.y - 3.5 * unit);
      drawing.lineTo(point.x, point.y + 3.5 * unit);
    }
    drawing.stroke();
  });
}

// The focus goes from a row that is gone to the one in its place, or else to `rest`.
export function listMarks(list, { points, box }, remove, rest) {
  const focused = [...list.children].findIndex((item) => item.contains(document.activeElement));
  const rows = points.map(({ x, y, isWanted }, index) => {
    const words = `${isWanted ? "Keep" : "Leave out"} at ${Math.round(x)}, ${Math.round(y)}`;
    return row(words, `point ${index + 1}`, () => remove(index));
  });
  if (box) rows.push(row(`Box of ${Math.round(box[2] - box[0])} × ${Math.round(box[3] - box[1])}`, "the box", () => remove("box")));
  list.replaceChildren(...rows);
  if (focused >= 0) (rows[Math.min(focused, rows.length - 1)]?.querySelector("button") ?? rest).focus();
}

function row(words, name, remove) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "×";
  button.setAttribute("aria-label", `Delete ${name}`);
  button.addEventListener("click", remove);
  item.append(words, button);
  return item;
}
