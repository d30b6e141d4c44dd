// What lies behind a subject: nothing, a colour, the blurred original or another picture.

import { bounded, context, newCanvas, scaled } from "./canvases.js";

const BLURRED_SIDE = 28;

export function compose(subject, ground, original) {
  if (ground.kind === "transparent" || (ground.kind === "picture" && !ground.image)) return subject;
  const canvas = newCanvas(subject.width, subject.height);
  const drawing = context(canvas);
  drawing.imageSmoothingQuality = "high";
  if (ground.kind === "colour") {
    drawing.fillStyle = ground.colour;
    drawing.fillRect(0, 0, canvas.width, canvas.height);
  } else {
    cover(drawing, ground.kind === "blurred" ? blurred(original) : ground.image, canvas);
  }
  drawing.drawImage(subject, 0, 0);
  return canvas;
}

// Fills the canvas; what does not fit is cut off on both sides alike.
function cover(drawing, image, { width, height }) {
  const factor = Math.max(width / image.width, height / image.height);
  const [w, h] = [image.width * factor, image.height * factor];
  drawing.drawImage(image, (width - w) / 2, (height - h) / 2, w, h);
}

// Halved again and again and enlarged again, which every browser can.
function blurred(image) {
  let current = image;
  const sizes = [];
  for (let side = Math.max(image.width, image.height) / 2; side > BLURRED_SIDE; side /= 2) sizes.push(side);
  for (const side of [...sizes, ...sizes.slice(-4).reverse()]) {
    const grown = bounded(image, side);
    current = scaled(current, grown);
  }
  return current;
}
