/* The inspection beside the thing: every answer is kept on this device first and sent when there is a network, in order; what somebody
   else answered in the meantime is shown beside it; photos, boxes, codes and taking back. Without this script the form works as it is. */

import { joined, readCodes } from "./codes.js";
import { belongs, complain, instrumentOf, isShown, paint, settle, show, valueOf } from "./fields.js";
import { pictures } from "./pictures.js";
import * as queue from "./queue.js";
import { Sender } from "./sending.js";

const form = document.querySelector("form[data-workbench]");
if (form) await start();

async function start() {
  const code = form.dataset.code;
  const words = JSON.parse(form.dataset.words);
  const table = JSON.parse(form.dataset.codes);
  const likely = JSON.parse(form.dataset.instruments); // number -> the instrument that is meant unless another is chosen
  const state = document.querySelector("[data-workbench-state]");
  const held = new Map(); // key -> what stands there as far as this device knows, its own waiting answers included
  const typing = new Map();
  const lasting = await queue.isLasting();
  const sender = new Sender(form, heard, told);
  const photos = pictures(form, words, { send: () => sender.run(), started: (count) => tell(words.saving.replace("{count}", count), true) });

  for (const control of form.elements) {
    const field = belongs(control);
    if (!field || field.kind === "instrument" || held.has(field.key)) continue;
    held.set(field.key, control.dataset.suggested ? "" : valueOf(form, field.key)); // what is only suggested is not kept yet
  }
  await overlay();
  for (const control of form.elements) {
    const field = belongs(control);
    if (field?.kind === "item") paint(form, field.key, words);
  }
  form.addEventListener("change", (event) => touched(event.target, 0));
  form.addEventListener("input", (event) => touched(event.target, 600));
  form.addEventListener("submit", leave);
  addEventListener("pageshow", () => delete form.dataset.leaving);
  for (const door of document.querySelectorAll("form[data-act]")) door.addEventListener("submit", act);
  codeField();
  keepWithinReach();
  if (!navigator.onLine) sender.trouble = "offline";
  await sender.report();
  sender.run();

  /** A page out of the cache is older than what this device has sent, and that is older than what still waits. */
  async function overlay() {
    const known = await queue.known(code);
    if (known && Number(known.rev) > Number(form.elements.rev.value)) {
      form.elements.rev.value = known.rev;
      for (const [key, value] of Object.entries(known.values)) put(key, value);
    }
    for (const entry of await queue.all(code)) {
      if (entry.kind === "answer") {
        put(entry.item, entry.value);
        if (entry.refused) complain(form, entry.item, entry.refused);
        if (entry.differs !== undefined) beside(entry);
      } else if (entry.kind === "nothing") settleSection(entry.section);
      else photos.waits(entry);
    }
  }

  function put(key, value) {
    held.set(key, value);
    if (isShown(form, key)) {
      show(form, key, value);
      paint(form, key, words);
    }
  }

  function touched(control, delay) {
    const field = belongs(control);
    if (!field) return;
    const isText = !["radio", "checkbox"].includes(control.type) && control.tagName !== "SELECT";
    if (delay && !isText) return; // its change event follows at once
    settle(form, control, field);
    paint(form, field.key, words);
    if (valueOf(form, field.key) !== (held.get(field.key) ?? "")) tell(words.saving.replace("{count}", 1), true); // from the first sign on
    clearTimeout(typing.get(field.key));
    typing.set(field.key, setTimeout(() => keep(field.key, field.kind === "instrument"), delay));
  }

  /** Writes an answer down on this device, then sends it. What has not left yet is overwritten: only the last word counts. */
  async function keep(key, evenSame = false) {
    clearTimeout(typing.get(key));
    typing.delete(key);
    const value = valueOf(form, key);
    const seen = held.get(key) ?? "";
    if (evenSame ? !value : value === seen) {
      await sender.report();
      return;
    }
    await given(key, value, seen, instrumentOf(form, key));
  }

  async function given(key, value, seen, instrument = "") {
    held.set(key, value);
    complain(form, key, "");
    await unstick(await queue.add({ code, kind: "answer", item: key, value, seen, instrument }));
    document.getElementById(`beside-${key}`)?.remove();
    await sender.run();
  }

  /** A new answer takes the place of one that was refused or stood against another: it was given in sight of what stands there now. */
  async function unstick(entry) {
    const isStuck = (old) => old.kind === "answer" && old.item === entry.item && old.id !== entry.id && (old.refused || old.differs !== undefined);
    for (const old of (await queue.all(code)).filter(isStuck)) {
      await queue.write({ ...entry, seen: old.differs ?? old.seen });
      await queue.drop(old);
    }
  }

  /** What became of an entry on the server. */
  async function heard(entry, body) {
    if (entry.kind === "answer") return heardAnswer(entry, body);
    if (entry.kind === "photo" || entry.kind === "marks") return photos.arrived(entry, body);
    await queue.drop(entry);
    if (body.sentence) tell(body.sentence, true);
    else await accepted(body);
  }

  async function heardAnswer(entry, body) {
    const refused = body.sentence || body.refused?.[entry.item];
    if (refused) {
      complain(form, entry.item, refused);
      await queue.write({ ...entry, refused });
    } else if (body.differs?.includes(entry.item)) {
      const apart = { ...entry, differs: body.now[entry.item] };
      await queue.write(apart);
      beside(apart);
    } else {
      await queue.drop(entry);
    }
    if (body.rev) {
      const later = (await queue.all(code)).some((other) => other.kind === "answer" && other.item === entry.item);
      await accepted(later || refused ? { ...body, now: {} } : body);
    }
  }

  async function accepted(body) {
    form.elements.rev.value = body.rev;
    await queue.remember(code, body.rev, body.now);
    for (const [key, value] of Object.entries(body.now)) if (held.get(key) !== value) put(key, value);
    for (const [key, sentence] of Object.entries(body.stops ?? {})) {
      const line = document.getElementById(`stop-${key}`);
      if (!line) continue;
      line.querySelector("span").textContent = sentence;
      line.hidden = !sentence;
    }
    const tally = document.querySelector("#tally strong");
    if (tally && body.standing?.open && !body.standing.stopped) tally.textContent = words.items_open.replace("{count}", body.standing.open);
    form.dispatchEvent(new CustomEvent("xunyi:saved", { bubbles: true }));
  }

  /** Both answers side by side, and a person decides. */
  function beside(entry) {
    const place = document.getElementById(`item-${entry.item}`)?.closest(".inspection-item");
    if (!place) return;
    document.getElementById(`beside-${entry.item}`)?.remove();
    const line = document.createElement("div");
    line.id = `beside-${entry.item}`;
    line.className = "inspection-beside";
    line.setAttribute("role", "alert");
    const name = (value) => table.find((row) => row.key === entry.item)?.options?.find(([known]) => known === value)?.[1] ?? (value || words.none);
    const text = document.createElement("p");
    text.textContent = words.differs.replace("{mine}", name(entry.value)).replace("{theirs}", name(entry.differs));
    const choices = document.createElement("div");
    choices.className = "cluster";
    for (const [label, mine] of [[words.take_mine, true], [words.keep_theirs, false]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button is-secondary";
      button.textContent = label;
      button.addEventListener("click", async () => {
        line.remove();
        await queue.drop(entry);
        put(entry.item, mine ? entry.value : entry.differs);
        if (mine) await given(entry.item, entry.value, entry.differs, entry.instrument);
        else await sender.report();
      });
      choices.append(button);
    }
    line.append(text, choices);
    place.prepend(line);
  }

  /** The line that stays in sight: nothing is said to be saved that is not. */
  function told({ answers, photos: pictures_, refused, differs, trouble, busy }) {
    const waiting = answers + pictures_;
    const parts = [];
    if (waiting && (trouble || !busy)) {
      parts.push(words.waiting.replace("{answers}", answers).replace("{photos}", pictures_));
      if (!lasting) parts.push(words.not_lasting);
    } else if (waiting) parts.push(words.saving.replace("{count}", waiting));
    if (trouble && trouble !== "offline") parts.push(trouble === "fault" ? words.fault : trouble);
    if (refused) parts.push(words.refused.replace("{count}", refused));
    if (differs) parts.push(words.apart.replace("{count}", differs));
    if (!parts.length && typing.size) parts.push(words.saving.replace("{count}", typing.size)); // typed, and not written down yet
    tell(parts.join(" ") || words.saved, Boolean(parts.length));
  }

  function tell(text, isUnsaved) {
    if (state.textContent !== text) state.textContent = text;
    state.classList.toggle("is-unsaved", isUnsaved);
  }

  /** The form leaves only when everything on this device has arrived, and with the newest count of saves. */
  async function leave(event) {
    if (form.dataset.leaving) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const button = event.submitter;
    for (const key of [...typing.keys()]) await keep(key);
    delete form.dataset.sending;
    for (const other of form.querySelectorAll("button[aria-disabled]")) other.removeAttribute("aria-disabled");
    if (!(await sender.run())) return;
    const apart = (await queue.all(code)).find((entry) => entry.differs !== undefined);
    if (apart) {
      document.getElementById(`beside-${apart.item}`)?.scrollIntoView({ block: "center" });
      return;
    }
    form.dataset.leaving = "1";
    form.requestSubmit(button);
  }

  async function act(event) {
    const door = event.target;
    event.preventDefault();
    event.stopPropagation();
    for (const key of [...typing.keys()]) await keep(key);
    if (door.dataset.act === "undo") await undo();
    else if (door.dataset.act === "nothing") {
      if (!photos.areTaken(door)) return tell(words.shots_first, true);
      tell(words.saving.replace("{count}", 1), true);
      await queue.add({ code, kind: "nothing", section: door.elements.section.value });
      settleSection(door.elements.section.value);
      await sender.run();
    }
    delete door.dataset.sending;
    for (const button of door.querySelectorAll("button[aria-disabled]")) button.removeAttribute("aria-disabled");
  }

  function settleSection(section) {
    for (const item of document.querySelectorAll(`#section-${CSS.escape(section)} [data-clean]`)) {
      const key = item.dataset.key;
      if (!held.get(key)) put(key, item.dataset.clean);
    }
  }

  /** What has not left yet is simply dropped; what has is taken back on the server. */
  async function undo() {
    const last = (await queue.all(code)).filter((entry) => entry.kind === "answer").at(-1);
    if (last && sender.trouble) {
      await queue.drop(last);
      complain(form, last.item, "");
      put(last.item, last.seen);
      return sender.report();
    }
    if (!(await sender.run())) return null;
    try {
      const headers = { "X-Autosave": "1", Accept: "application/json", "X-CSRFToken": sender.token };
      const answer = await fetch(`/appraisals/${code}/undo`, { method: "POST", headers, signal: AbortSignal.timeout(15000) });
      const body = await answer.json();
      if (!answer.ok) return tell(body.title || words.fault, true);
      for (const [key, value] of Object.entries(body.now)) put(key, value);
      await accepted(body);
      return tell(words.undone.replace("{count}", Object.keys(body.now).length), false);
    } catch {
      return tell(words.undo_offline, true);
    }
  }

  /** One field for codes: what it would mean is said while it is typed, Enter keeps it. */
  function codeField() {
    const field = document.querySelector("[data-code-field]");
    if (!field) return;
    const echo = document.querySelector("[data-code-echo]");
    const say = (text, isRefused) => {
      echo.textContent = text;
      echo.classList.toggle("is-refused", isRefused);
    };
    field.addEventListener("input", () => {
      const found = field.value.trim() ? readCodes(field.value, table, words.codes) : [];
      say(found.refused ?? found.map((each) => each.said).join("；"), Boolean(found.refused));
    });
    field.form.addEventListener("submit", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      delete field.form.dataset.sending;
      const found = readCodes(field.value, table, words.codes);
      if (found.refused) {
        field.setAttribute("aria-invalid", "true");
        return say(found.refused, true);
      }
      field.removeAttribute("aria-invalid");
      field.value = "";
      tell(words.saving.replace("{count}", found.length), true);
      say(words.codes.kept.replace("{what}", found.map((each) => each.said).join("；")), false);
      const entries = [];
      for (const { key, value, isMark } of found) {
        const seen = held.get(key) ?? "";
        const next = isMark ? joined(seen, value, table, key) : value;
        if (isShown(form, key)) {
          show(form, key, next);
          paint(form, key, words);
        }
        if (next === seen) continue;
        held.set(key, next);
        complain(form, key, "");
        entries.push({ code, kind: "answer", item: key, value: next, seen, instrument: instrumentOf(form, key, likely[key]) });
      }
      // All at once, before anything is sent: the page may be left at any moment.
      for (const entry of await queue.addAll(entries)) await unstick(entry);
      await sender.run();
      for (const button of field.form.querySelectorAll("button[aria-disabled]")) button.removeAttribute("aria-disabled");
      return null;
    });
  }

  /** The other sections are fetched once, so that they can be opened without a network. */
  async function keepWithinReach() {
    if (!navigator.serviceWorker || !lasting) return;
    try {
      await navigator.serviceWorker.register("/appraisals/offline.js");
      await navigator.serviceWorker.ready;
      if (!navigator.serviceWorker.controller) await new Promise((ready) => navigator.serviceWorker.addEventListener("controllerchange", ready, { once: true }));
      const pages = new Set([location.href, ...[...document.querySelectorAll(".section-nav a")].map((link) => link.href)].map((href) => href.split("#")[0]));
      for (const page of pages) await patiently(page, { headers: { Accept: "text/html" } });
      const files = [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon]")].map((link) => link.href);
      const scripts = performance.getEntriesByType("resource").map((each) => each.name).filter((name) => name.includes("/static/"));
      for (const file of new Set([...files, ...scripts])) await patiently(file);
      form.dataset.reach = "1";
    } catch {
      /* Without it the page still keeps every answer; only opening it again needs the network. */
    }
  }

  async function patiently(address, options) {
    for (let tries = 1; ; tries++) {
      try {
        return await fetch(address, options);
      } catch (trouble) {
        if (tries === 5) throw trouble;
        await new Promise((later) => setTimeout(later, 1000 * 2 ** tries));
      }
    }
  }
}
