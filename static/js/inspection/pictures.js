/* Photos of items and of the shots that a section asks for: taken with one tap, kept on the device until they have arrived, and the
   defect drawn on them at once. */

import { drawable } from "./drawing.js";
import * as queue from "./queue.js";
import { valueOf } from "./fields.js";

export function pictures(form, words, { send, started }) {
  const code = form.dataset.code;
  const input = document.createElement("input");
  input.type = "file";
  input.accept = "image/jpeg,image/png,image/webp";
  input.setAttribute("capture", "environment");
  input.hidden = true;
  input.dataset.camera = "1";
  document.body.append(input);
  let about = null;
  const lines = new Map(); // key of an entry -> its line
  const arrivedAs = new Map(); // key of an entry -> code of the photo

  document.addEventListener("click", (event) => {
    const key = event.target.closest("[data-photo-of], [data-shot]");
    if (!key || !key.matches("a")) return;
    event.preventDefault();
    about = key.dataset.shot ? { shot: key.dataset.shot } : { item: key.dataset.photoOf };
    input.value = "";
    input.click();
  });
  input.addEventListener("change", async () => {
    started(input.files.length);
    for (const file of input.files) {
      const entry = await queue.add({ code, kind: "photo", file, boxes: [], ...about });
      waits(entry);
    }
    await send();
  });

  function strip(entry) {
    const name = entry.shot ? `[data-shots-of="${CSS.escape(entry.shot)}"]` : `[data-photos-of="${CSS.escape(entry.item)}"]`;
    return document.querySelector(name);
  }

  /** Shows a photo that is still on this device. */
  function waits(entry) {
    const place = strip(entry);
    if (entry.kind !== "photo" || !place) return;
    const line = document.createElement("li");
    line.className = "photo-wait";
    line.dataset.waiting = "1";
    const frame = document.createElement("div");
    frame.className = "marked-photo";
    const picture = document.createElement("img");
    picture.alt = words.new_photo;
    picture.src = URL.createObjectURL(entry.file);
    const sheet = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    sheet.setAttribute("viewBox", "0 0 1000 1000");
    sheet.setAttribute("preserveAspectRatio", "none");
    sheet.setAttribute("aria-hidden", "true");
    frame.append(picture, sheet);
    const state = document.createElement("p");
    state.className = "small quiet";
    state.textContent = entry.refused || words.photo_waits;
    line.append(frame, state);
    if (entry.item) {
      state.textContent = `${entry.refused || words.photo_waits} ${words.draw}`;
      drawable(frame, (box) => draw(entry, box));
      for (const box of entry.boxes) redraw(sheet, box);
    }
    if (entry.refused) {
      const away = document.createElement("button");
      away.type = "button";
      away.className = "button is-quiet is-sm";
      away.textContent = words.remove;
      away.addEventListener("click", async () => {
        await queue.drop(entry);
        line.remove();
        await send();
      });
      line.append(away);
    }
    lines.get(entry.key)?.remove();
    lines.set(entry.key, line);
    place.append(line);
    place.closest("[data-shot-tile]")?.classList.add("is-taken");
  }

  function redraw(sheet, box) {
    const mark = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    mark.setAttribute("class", "mark-box");
    for (const part of ["x", "y", "width", "height"]) mark.setAttribute(part, box[part]);
    sheet.append(mark);
  }

  /** A box says what is answered there now; it travels with its photo, or after it. */
  async function draw(entry, box) {
    const answer = valueOf(form, entry.item).split(" ")[0];
    const line = lines.get(entry.key);
    if (!answer) {
      line.querySelector("p").textContent = words.answer_first;
      line.querySelector(".is-new")?.remove();
      return;
    }
    const boxes = [...entry.boxes, { ...box, code: answer }];
    entry.boxes = boxes;
    line.querySelector(".is-new")?.classList.remove("is-new");
    const photo = arrivedAs.get(entry.key);
    const waiting = (await queue.all(code)).find((each) => each.key === entry.key);
    if (photo) await queue.add({ code, kind: "marks", item: entry.item, photo, boxes });
    else if (waiting) await queue.write({ ...waiting, boxes });
    line.querySelector("p").textContent = words.marked.replace("{code}", answer); // said once it is written down
    await send();
  }

  /** What became of a photo or of marks on the server. */
  async function arrived(entry, body) {
    const line = lines.get(entry.key);
    if (body.sentence) {
      const refused = { ...entry, refused: body.sentence };
      await queue.write(refused);
      waits(refused);
      return;
    }
    const latest = (await queue.all(code)).find((each) => each.id === entry.id);
    await queue.drop(entry);
    if (entry.kind === "marks") return;
    arrivedAs.set(entry.key, body.photo);
    if (line) {
      delete line.dataset.waiting;
      line.querySelector("p").textContent = words.photo_sent.replace("{no}", body.no);
    }
    if (latest && latest.boxes.length > entry.boxes.length) await queue.add({ code, kind: "marks", item: entry.item, photo: body.photo, boxes: latest.boxes });
    form.dispatchEvent(new CustomEvent("xunyi:saved", { bubbles: true }));
  }

  /** Are all shots of this section taken, here or on the server? */
  function areTaken(door) {
    const tiles = [...document.querySelectorAll(`.shots[data-section="${CSS.escape(door.elements.section.value)}"] [data-shot-tile]`)];
    return tiles.every((tile) => tile.classList.contains("is-taken"));
  }

  return { waits, arrived, areTaken };
}
