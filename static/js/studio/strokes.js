// What was painted over, as strokes: they can be drawn again at any size.

import { context, newCanvas, toBlob } from "./canvases.js";

export function paintStroke(drawing, { kind, size, places }, colour) {
  drawing.globalCompositeOperation = kind === "eraser" ? "destination-out" : "source-over";
  drawing.fillStyle = drawing.strokeStyle = colour;
  drawing.lineCap = drawing.lineJoin = "round";
  drawing.lineWidth = size;
  drawing.beginPath();
  places.forEach(({ x, y }) => drawing.lineTo(x, y));
  if (kind === "lasso") {
    drawing.closePath();
    drawing.fill();
  } else {
    // A lone place is a line to itself, which round ends make a dot.
    if (places.length === 1) drawing.lineTo(places[0].x, places[0].y);
    drawing.stroke();
  }
  drawing.globalCompositeOperation = "source-over";
}

// Larger by a factor for each side, which in a small copy of a long picture are not the same.
export function paintStrokes(canvas, strokes, [across, down], colour) {
  const drawing = context(canvas);
  drawing.setTransform(1, 0, 0, 1, 0, 0);
  drawing.clearRect(0, 0, canvas.width, canvas.height);
  drawing.setTransform(across, 0, 0, down, 0, 0);
  for (const stroke of strokes) paintStroke(drawing, stroke, colour);
}

// White where something goes, black elsewhere, of the picture's very size.
export async function maskOf(strokes, { width, height }) {
  const canvas = newCanvas(width, height);
  paintStrokes(canvas, strokes, [1, 1], "#fff");
  const drawing = context(canvas);
  drawing.globalCompositeOperation = "destination-over";
  drawing.fillStyle = "#000";
  drawing.fillRect(0, 0, width, height);
  return toBlob(canvas);
}

// How much of the picture is painted over, in percent.
export function shareOf(canvas) {
  const { data } = context(canvas).getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 3; i < data.length; i += 4) count += data[i] > 127 ? 1 : 0;
  return (count / (data.length / 4)) * 100;
}
