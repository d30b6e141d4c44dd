// Where the contents stand above the page, on phones, they start closed; without this file, open.
const contents = document.querySelector(".docs-nav");
if (matchMedia("(max-width: 899.98px)").matches) contents.open = false;
