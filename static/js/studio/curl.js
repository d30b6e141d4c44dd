// What was done, as somebody with a key does it.

export function recipe(facts, { request, whole }) {
  const asked = curl(facts, { ...request, path: `/v1/services/${request.service}` });
  if (!whole) return asked;
  return `${asked}\n\n# That is the mask. The picture that this page made of it, in one request:\n${curl(facts, whole)}`;
}

function curl(facts, { path, query = {}, files, fields = {}, saved }) {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${decodeURIComponent(value)}`);
  const url = `${facts.origin}${path}${pairs.length ? `?${pairs.join("&")}` : ""}`;
  const lines = ["curl -g", `-H "Authorization: Bearer ${facts.key}"`];
  for (const [field, file] of Object.entries(files)) {
    lines.push(`-F ${quoted(`${field}=@${named(file.name ?? `${field}.png`)}`)}`);
  }
  for (const [field, value] of Object.entries(fields)) lines.push(`-F ${quoted(`${field}=${value}`)}`);
  if (saved) lines.push(`-o ${quoted(saved)}`);
  return [...lines, quoted(url)].join(" \\\n  ");
}

// Commas and semicolons mean something to curl's -F unless the name is quoted.
function named(name) {
  return /[,;"\\]/.test(name) ? `"${name.replace(/["\\]/g, "\\$&")}"` : name;
}

function quoted(text) {
  return /^[\w@=./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
