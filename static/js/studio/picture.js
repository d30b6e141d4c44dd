// From a file to a picture that can be shown and sent; refuses what the server would refuse.

import { bounded, newCanvas, context, scaled, toBlob } from "./canvases.js";
import { kindOf } from "./kinds.js";

const MEDIA_TYPES = { JPEG: "image/jpeg", PNG: "image/png", WebP: "image/webp" };
export const TYPES = Object.values(MEDIA_TYPES);
const PREVIEW_SIDE = 512;

export class Refused extends Error {}

// Raises Refused with a sentence for the reader.
export async function open(file, facts) {
  const type = await typeOf(file);
  if (file.size > facts.maxBytes) {
    throw new Refused(`The picture is ${megabytes(file.size)} MB; the limit is ${megabytes(facts.maxBytes)} MB.`);
  }
  const image = await decode(file);
  const { width, height } = image;
  if (width * height > facts.maxPixels) {
    throw new Refused(`The picture has ${width} × ${height} pixels; the limit is ${facts.maxPixels / 1e6} megapixels.`);
  }
  return facts.maxSide ? small(file, type, image, facts.maxSide) : { file, image, width, height, name: file.name };
}

// A copy that is quick to send while pointing, and how much smaller it is.
export async function previewOf(picture) {
  const size = bounded(picture, PREVIEW_SIDE);
  const canvas = flat(picture.image, size);
  return { blob: await toBlob(canvas, "image/jpeg", 0.9), ...size };
}

// By its bytes: phones' HEIC pictures are often called .jpg, and some files have no ending at all.
async function typeOf(file) {
  const kind = await kindOf(file).catch(() => {
    throw new Refused("This cannot be read: it is a folder, or the file is no longer there.");
  });
  const type = MEDIA_TYPES[kind];
  if (type) return type;
  if (!kind) throw new Refused("This is not a JPEG, PNG or WebP picture.");
  throw new Refused(`The file is ${kind}; accepted are JPEG, PNG and WebP. Save it as one of them first.`);
}

async function decode(file) {
  try {
    return await createImageBitmap(file);
  } catch {
    throw new Refused("The picture cannot be read. It may be damaged.");
  }
}

// Without an account results are small, so the picture may as well be, which is quicker to send.
async function small(file, type, image, side) {
  const size = bounded(image, side);
  if (size.width === image.width) return { file, image, ...size, name: file.name };
  const canvas = scaled(image, size);
  const blob = await toBlob(canvas, type, 0.92);
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
