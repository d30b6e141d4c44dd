// The contents stand beside the page on wide screens and fold above it on narrow ones. Style sheets
// alone do that in new browsers; this is for those that cannot open a closed element by style.
const contents = document.querySelector(".docs-nav");
const wide = matchMedia("(min-width: 900px)");
const fold = () => { contents.open = wide.matches; };
wide.addEventListener("change", fold);
fold();
