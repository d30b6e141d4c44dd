// What is shown once came by a form: reloading must not send it again and make another.
if (document.querySelector("[data-once]")) history.replaceState(null, "", location.href);

// Copy buttons. They start hidden, so that without this file nobody sees a button that does nothing.
for (const button of document.querySelectorAll("[data-copies]")) {
  const source = document.getElementById(button.dataset.copies);
  button.hidden = false;
  button.addEventListener("click", async () => {
    const status = document.getElementById("copied");
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      status.textContent = "Copied.";
      button.classList.add("done");
    } catch {
      // Only secure pages may write to the clipboard: select, so that Ctrl+C does the rest.
      if (source.select) source.select();
      else getSelection().selectAllChildren(source);
      status.textContent = "Selected. Press Ctrl+C to copy.";
      status.classList.remove("unseen");
    }
  });
}
