// The contents stand beside the page on wide screens and fold above it on narrow ones. Style sheets
// alone do that in new browsers; this is for those that cannot open a closed element by style.
const contents = document.querySelector(".docs-nav");
const wide = matchMedia("(min-width: 900px)");
const fold = () => { contents.open = wide.matches; };
wide.addEventListener("change", fold);
fold();
if (wide.matches) {
  // Of a long list, the entry of this page is in sight; the page itself stays where it is.
  const here = contents.querySelector("[aria-current]");
  const isHidden = here && here.offsetTop + here.offsetHeight > contents.clientHeight;
  if (isHidden) contents.scrollTop = here.offsetTop - contents.clientHeight / 2;
}
