// From a picture and its mask to the subject alone, without a rim of the old background.
//
// Where the mask is soft, a pixel is a mixture of subject and background. What each of the two looks
// like there is estimated from the surroundings, in a small copy; the subject's share is what stays.

import { bounded, context, scaled } from "./canvases.js";

const SMALL_SIDE = 320;
const REACH = 6;

export function cutOut(image, mask, size) {
  const canvas = scaled(image, size);
  const drawing = context(canvas);
  const picture = drawing.getImageData(0, 0, canvas.width, canvas.height);
  const matte = context(scaled(mask, size)).getImageData(0, 0, canvas.width, canvas.height).data;
  const { subject, ground, width, height } = surroundings(image, mask, size);
  const pixels = picture.data;
  for (let i = 0, y = 0; y < canvas.height; y += 1) {
    const row = Math.floor((y * height) / canvas.height) * width;
    for (let x = 0; x < canvas.width; x += 1, i += 4) {
      const opacity = matte[i];
      pixels[i + 3] = opacity;
      if (opacity === 0 || opacity === 255) continue;
      const at = (row + Math.floor((x * width) / canvas.width)) * 3;
      const share = opacity / 255;
      for (let c = 0; c < 3; c += 1) {
        const mixed = share * subject[at + c] + (1 - share) * ground[at + c];
        pixels[i + c] = subject[at + c] + share * (pixels[i + c] - mixed);
      }
    }
  }
  drawing.putImageData(picture, 0, 0);
  return canvas;
}

// The colours of subject and background around each pixel of a small copy.
function surroundings(image, mask, full) {
  const size = bounded(full, SMALL_SIDE);
  const { width, height } = size;
  const colours = context(scaled(image, size)).getImageData(0, 0, width, height).data;
  const matte = context(scaled(mask, size)).getImageData(0, 0, width, height).data;
  const side = (weight) => {
    const planes = [0, 1, 2, 3].map(() => new Float32Array(width * height));
    for (let p = 0; p < width * height; p += 1) {
      const w = weight(matte[p * 4] / 255);
      for (let c = 0; c < 3; c += 1) planes[c][p] = colours[p * 4 + c] * w;
      planes[3][p] = w;
    }
    const means = planes.map((plane) => blurred(blurred(plane, width, height), width, height));
    return normalised(means, colours);
  };
  return { subject: side((a) => a ** 2), ground: side((a) => (1 - a) ** 2), width, height };
}

function normalised(means, colours) {
  const result = new Float32Array((means[3].length) * 3);
  for (let p = 0; p < means[3].length; p += 1) {
    const weight = means[3][p];
    for (let c = 0; c < 3; c += 1) {
      result[p * 3 + c] = weight > 1e-3 ? means[c][p] / weight : colours[p * 4 + c];
    }
  }
  return result;
}

// The mean of a square around each pixel, rows first, then columns.
function blurred(plane, width, height) {
  const rows = new Float32Array(plane.length);
  const result = new Float32Array(plane.length);
  for (let y = 0; y < height; y += 1) slide(plane, rows, y * width, 1, width);
  for (let x = 0; x < width; x += 1) slide(rows, result, x, width, height);
  return result;
}

function slide(from, to, start, step, count) {
  let sum = 0;
  for (let i = 0; i < Math.min(REACH, count); i += 1) sum += from[start + i * step];
  for (let i = 0; i < count; i += 1) {
    if (i + REACH < count) sum += from[start + (i + REACH) * step];
    if (i - REACH - 1 >= 0) sum -= from[start + (i - REACH - 1) * step];
    to[start + i * step] = sum / (2 * REACH + 1);
  }
}
