// The request that was made, as somebody with a key makes it.

export function curl(facts, request) {
  const { service, query, files } = request;
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${decodeURIComponent(value)}`);
  const url = `${facts.origin}/v1/services/${service}${pairs.length ? `?${pairs.join("&")}` : ""}`;
  const lines = ["curl -g", `-H "Authorization: Bearer ${facts.key}"`];
  for (const [field, file] of Object.entries(files)) {
    lines.push(`-F ${quoted(`${field}=@${named(file.name ?? `${field}.png`)}`)}`);
  }
  return [...lines, quoted(url)].join(" \\\n  ");
}

// Commas and semicolons mean something to curl's -F unless the name is quoted.
function named(name) {
  return /[,;"\\]/.test(name) ? `"${name.replace(/["\\]/g, "\\$&")}"` : name;
}

function quoted(text) {
  return /^[\w@=./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
