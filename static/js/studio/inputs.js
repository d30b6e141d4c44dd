// The ways a picture comes in: dropped anywhere, pasted, chosen, or one of the samples.

export function takePictures({ drop, input, samples }, take) {
  input.addEventListener("change", () => {
    if (input.files[0]) take(input.files[0]);
    input.value = "";
  });
  document.addEventListener("paste", (event) => {
    const file = [...event.clipboardData.files].find(({ type }) => type.startsWith("image/"));
    if (file) take(file);
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", () => drop.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    const [file] = event.dataTransfer.files;
    if (file) take(file);
  });
  for (const button of samples) {
    button.addEventListener("click", () => takeSample(button.dataset.sample, take));
  }
}

export async function takeSample(name, take) {
  const answer = await fetch(`/studio/samples/${encodeURIComponent(name)}.jpg`);
  if (!answer.ok) return;
  const blob = await answer.blob();
  await take(new File([blob], `${name}.jpg`, { type: "image/jpeg" }), name);
}
