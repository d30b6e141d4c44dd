// From a file to a picture that can be shown and sent; refuses what the server would refuse.

import { bounded, newCanvas, context, scaled, toBlob } from "./canvases.js";

export const TYPES = ["image/jpeg", "image/png", "image/webp"];
const PREVIEW_SIDE = 512;

export class Refused extends Error {}

// Raises Refused with a sentence for the reader.
export async function open(file, facts) {
  if (!TYPES.includes(file.type)) {
    throw new Refused("This is not a JPEG, PNG or WebP picture.");
  }
  if (file.size > facts.maxBytes) {
    throw new Refused(`The picture is ${megabytes(file.size)} MB; the limit is ${megabytes(facts.maxBytes)} MB.`);
  }
  const image = await decode(file);
  const { width, height } = image;
  if (width * height > facts.maxPixels) {
    throw new Refused(`The picture has ${width} × ${height} pixels; the limit is ${facts.maxPixels / 1e6} megapixels.`);
  }
  return facts.maxSide ? small(file, image, facts.maxSide) : { file, image, width, height, name: file.name };
}

// A copy that is quick to send while pointing, and how much smaller it is.
export async function previewOf(picture) {
  const size = bounded(picture, PREVIEW_SIDE);
  const canvas = flat(picture.image, size);
  return { blob: await toBlob(canvas, "image/jpeg", 0.9), ...size };
}

async function decode(file) {
  try {
    return await createImageBitmap(file);
  } catch {
    throw new Refused("The picture cannot be read. It may be damaged.");
  }
}

// Without an account results are small, so the picture may as well be, which is quicker to send.
async function small(file, image, side) {
  const size = bounded(image, side);
  if (size.width === image.width) return { file, image, ...size, name: file.name };
  const canvas = scaled(image, size);
  const blob = await toBlob(canvas, file.type, 0.92);
  return { file: new File([blob], file.name, { type: blob.type }), image: canvas, ...size, name: file.name };
}

// JPEG has no transparency: what is clear becomes white instead of black.
function flat(image, { width, height }) {
  const canvas = newCanvas(width, height);
  const drawing = context(canvas);
  drawing.fillStyle = "#fff";
  drawing.fillRect(0, 0, width, height);
  drawing.imageSmoothingQuality = "high";
  drawing.drawImage(image, 0, 0, width, height);
  return canvas;
}

function megabytes(bytes) {
  return Math.round((bytes / 2 ** 20) * 10) / 10;
}
