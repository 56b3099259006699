/* The page of photos of one item: a box drawn on the picture fills the number fields. */

import { drawable } from "./drawing.js";

for (const frame of document.querySelectorAll(".marked-photo[data-fields]")) {
  const form = document.getElementById(frame.dataset.fields);
  if (form) {
    drawable(frame, (box) => {
      for (const [part, value] of Object.entries(box)) form.elements[`mark-${part}`].value = value / 10;
    });
  }
}
