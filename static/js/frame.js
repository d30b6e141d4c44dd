// The frame of every page: the theme without a reload, the "More" menu closing as menus do, forms sent
// once, the way to what was wrong with one, and messages read out.
const YEAR_S = 365 * 24 * 3600;
const SETTLED_MS = 500;
const AGAIN_AFTER_MS = 10_000;

for (const button of document.querySelectorAll("[name=theme]")) {
  button.form.addEventListener("submit", (event) => {
    if (event.submitter !== button) return;
    event.preventDefault();
    choose(button.value);
  });
}

function choose(theme) {
  const isChosen = theme !== "system";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${isChosen ? theme : ""}; Path=/; Max-Age=${isChosen ? YEAR_S : 0}; SameSite=Lax${secure}`;
  if (isChosen) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  for (const button of document.querySelectorAll("[name=theme]")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}

for (const menu of document.querySelectorAll("details.menu")) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

// A button pressed twice sends its form twice, and browsers show the second answer alone: a new key or
// secret, which only the first one shows, would be lost. Forms that are answered by a file leave their page
// where it is, and may be sent again at once.
let sent = new WeakMap();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || "stays" in form.dataset) return;
  const now = performance.now();
  if (now - (sent.get(form) ?? -Infinity) < AGAIN_AFTER_MS) event.preventDefault();
  else sent.set(form, now);
});
addEventListener("pageshow", () => (sent = new WeakMap()));

// A form that came back: its first error may be far below, and is not read out by itself.
const wrong = document.querySelector("main form :is(.errorlist.nonfield, [aria-invalid=true])");
if (wrong) {
  if (wrong.matches(".errorlist")) wrong.tabIndex = -1;
  wrong.focus();
}

// Screen readers tell what changes in a live region. What is there from the beginning changes nothing, so
// it is told by a region that is filled once they listen; it alone, or some would hear it twice.
const notices = [...document.querySelectorAll("main .notice:is([role=status], [role=alert]):not([hidden])")];
if (notices.length) {
  for (const notice of notices) notice.removeAttribute("role");
  const region = document.createElement("p");
  region.className = "unseen";
  region.setAttribute("role", "status");
  document.querySelector("main").append(region);
  setTimeout(() => {
    region.textContent = notices.map((notice) => notice.textContent.trim()).join(" ");
  }, SETTLED_MS);
}
