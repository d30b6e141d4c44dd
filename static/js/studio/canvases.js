// Small helpers around canvases and the pictures on them.

export function newCanvas(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width));
  canvas.height = Math.max(1, Math.round(height));
  return canvas;
}

export function context(canvas) {
  return canvas.getContext("2d", { willReadFrequently: true });
}

// The size that fits into a square of `side` pixels; never larger than it is.
export function bounded({ width, height }, side) {
  const factor = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}

export function scaled(source, { width, height }) {
  const canvas = newCanvas(width, height);
  const drawing = context(canvas);
  drawing.imageSmoothingQuality = "high";
  drawing.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

export function toBlob(canvas, type = "image/png", quality = undefined) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), type, quality);
  });
}
