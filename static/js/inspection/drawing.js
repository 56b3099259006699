/* A box drawn on a photo with finger, pen or mouse: its place in thousandths of the picture. The number fields say the same by keyboard. */

const WHOLE = 1000;
const LEAST = 10;

/** Lets a box be drawn on a `.marked-photo`; `drawn` hears {x, y, width, height} when the finger is lifted. */
export function drawable(frame, drawn) {
  const sheet = frame.querySelector("svg");
  let start = null;
  let box = null;

  const place = (event) => {
    const edge = frame.getBoundingClientRect();
    const part = (at, from, size) => Math.round(Math.min(Math.max((at - from) / size, 0), 1) * WHOLE);
    return [part(event.clientX, edge.left, edge.width), part(event.clientY, edge.top, edge.height)];
  };

  frame.classList.add("is-drawable");
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    frame.setPointerCapture(event.pointerId);
    start = place(event);
    box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    box.setAttribute("class", "mark-box is-new");
    for (const old of sheet.querySelectorAll(".is-new")) old.remove();
    sheet.append(box);
  });
  frame.addEventListener("pointermove", (event) => {
    if (start) show(rectangle(start, place(event)));
  });
  frame.addEventListener("pointerup", (event) => {
    if (!start) return;
    const found = rectangle(start, place(event));
    start = null;
    if (found.width < LEAST || found.height < LEAST) box.remove();
    else drawn(found);
  });
  frame.addEventListener("pointercancel", () => {
    start = null;
    box?.remove();
  });

  function show(found) {
    for (const [name, value] of Object.entries(found)) box.setAttribute(name, value);
  }
}

function rectangle([x, y], [u, v]) {
  return { x: Math.min(x, u), y: Math.min(y, v), width: Math.abs(u - x), height: Math.abs(v - y) };
}
