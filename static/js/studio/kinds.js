// File types by their first bytes, as the server tells them: a name is only what somebody called the file.

const HEAD = 256;
const SIGNATURES = [
  ["JPEG", "\xff\xd8\xff"],
  ["PNG", "\x89PNG\r\n\x1a\n"],
  ["GIF", "GIF8"],
  ["BMP", "BM"],
  ["TIFF", "II*\0"],
  ["TIFF", "MM\0*"],
  ["PDF", "%PDF"],
];
const HEIC = ["heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"];
const AVIF = ["avif", "avis"];
const EITHER = ["mif1", "msf1", "miaf"];

// Nothing for what is no known picture; rejects where the file cannot be read at all.
export async function kindOf(file) {
  const bytes = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  const head = String.fromCharCode(...bytes);
  if (head.startsWith("RIFF") && head.slice(8, 12) === "WEBP") return "WebP";
  if (head.slice(4, 8) === "ftyp") return isoMedia(head, new DataView(bytes.buffer).getUint32(0));
  return SIGNATURES.find(([, start]) => head.startsWith(start))?.[0];
}

function isoMedia(head, end) {
  const [first, , ...others] = head.slice(8, end).match(/[^]{4}/g) ?? [];
  if (AVIF.includes(first) || (EITHER.includes(first) && others.some((brand) => AVIF.includes(brand)))) return "AVIF";
  return HEIC.includes(first) || EITHER.includes(first) ? "HEIC" : undefined;
}
