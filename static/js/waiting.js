// A job that has not ended is looked at again. What changes is put into the page, since a reload would
// take the focus from whoever is on it and read all of it out anew; only the end brings a new page.
const EVERY_MS = 2000;
const PARTS = ["h1", "main > .lead"];

async function look() {
  try {
    const response = await fetch(location.href, { cache: "no-store" });
    const isBusy = response.status >= 500 || response.status === 429;
    if (!isBusy && !show(await response.text())) return;
  } catch {
    // The server is away; it may be back the next time.
  }
  setTimeout(look, EVERY_MS);
}

// Whether there is more to wait for.
function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const lead = fresh.querySelector(".lead[role=status]");
  if (!lead) {
    location.reload();
    return false;
  }
  for (const part of PARTS) {
    const [old, now] = [document.querySelector(part), fresh.querySelector(part)];
    if (old.innerHTML !== now.innerHTML) old.replaceChildren(...now.childNodes);
  }
  return true;
}

setTimeout(look, EVERY_MS);
