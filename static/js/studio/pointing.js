// Mouse, pen and fingers on the canvas: one points, two or the space bar move the picture.

export function listen(canvas, view, tool) {
  const fingers = new Map();
  let spaceHeld = false;
  let mode = "idle";

  const place = (event) => view.toPicture(event.clientX, event.clientY);
  const middle = () => {
    const all = [...fingers.values()];
    const x = all.reduce((sum, at) => sum + at.x, 0) / all.length;
    const y = all.reduce((sum, at) => sum + at.y, 0) / all.length;
    const spread = all.length > 1 ? Math.hypot(all[0].x - all[1].x, all[0].y - all[1].y) : 0;
    return { x, y, spread };
  };

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (fingers.size === 2) {
      if (mode === "pointing") tool().cancel();
      mode = "moving";
    } else if (fingers.size === 1) {
      mode = spaceHeld || event.button === 1 ? "moving" : "pointing";
      if (mode === "pointing") tool().down(place(event), event);
    }
    event.preventDefault();
  });

  canvas.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) {
      tool().hover(place(event));
      return;
    }
    const before = middle();
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (mode === "pointing") {
      // A quick stroke has more places than there are events.
      const all = event.getCoalescedEvents?.() ?? [];
      for (const one of all.length ? all : [event]) tool().move(place(one), one);
    } else if (mode === "moving") {
      const after = middle();
      const frame = canvas.getBoundingClientRect();
      if (before.spread && after.spread) {
        view.zoom(after.spread / before.spread, after.x - frame.left, after.y - frame.top);
      }
      view.pan(after.x - before.x, after.y - before.y);
    }
  });

  const lift = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    if (mode === "pointing") {
      if (event.type === "pointerup") tool().up(place(event), event);
      else tool().cancel();
    }
    // The second finger to be lifted must not draw.
    if (!fingers.size || mode === "pointing") mode = "idle";
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("pointerleave", () => tool().hover(null));
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());

  canvas.addEventListener("wheel", (event) => {
    const frame = canvas.getBoundingClientRect();
    const step = event.deltaY * (event.deltaMode ? 30 : 1);
    view.zoom(Math.exp(-step * 0.002), event.clientX - frame.left, event.clientY - frame.top);
    event.preventDefault();
  }, { passive: false });

  canvas.addEventListener("keydown", (event) => {
    if (event.code !== "Space") return;
    spaceHeld = true;
    canvas.classList.add("moving");
    event.preventDefault();
  });
  const release = () => {
    spaceHeld = false;
    canvas.classList.remove("moving");
  };
  canvas.addEventListener("keyup", (event) => event.code === "Space" && release());
  canvas.addEventListener("blur", release);
}
