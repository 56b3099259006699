/* Sends what waits, one after the other in the order in which it was given, and tells how that went. */

import * as queue from "./queue.js";

const FIRST_WAIT = 2000;
const LONGEST_WAIT = 30000;

/** Not refused, and not waiting for a person to decide between two answers. */
const canGo = (entry) => !entry.refused && entry.differs === undefined;

export class Sender {
  /** `heard` is told of every answer of the server: (entry, body). `told` hears the state: {waiting, photos, refused, trouble, busy}. */
  constructor(form, heard, told) {
    this.form = form;
    this.code = form.dataset.code;
    this.heard = heard;
    this.told = told;
    this.wait = FIRST_WAIT;
    this.timer = 0;
    this.running = null;
    this.again = false;
    this.trouble = "";
    this.renewed = false;
    addEventListener("online", () => this.run());
  }

  get token() {
    return this.form.elements.csrf_token.value;
  }

  /** Everything that can be sent now is sent; resolves with true when nothing waits any more. */
  run() {
    clearTimeout(this.timer);
    this.again = true;
    this.running ??= this.#alone();
    return this.running;
  }

  /** Two tabs of one inspection take turns. What is given while a round ends, too late for it, is sent by another one. */
  async #alone() {
    let done = true;
    try {
      while (this.again && done) {
        this.again = false;
        done = navigator.locks ? await navigator.locks.request(`send-${this.code}`, () => this.#all()) : await this.#all();
        await this.report();
      }
    } finally {
      this.running = null;
    }
    return done;
  }

  async report() {
    const entries = await queue.all(this.code);
    const open = entries.filter(canGo);
    this.told({
      answers: open.filter((entry) => entry.kind !== "photo").length,
      photos: open.filter((entry) => entry.kind === "photo").length,
      refused: entries.filter((entry) => entry.refused).length,
      differs: entries.filter((entry) => entry.differs !== undefined).length,
      trouble: this.trouble,
      busy: Boolean(this.running),
    });
  }

  async #all() {
    for (;;) {
      const entry = (await queue.all(this.code)).find(canGo);
      if (!entry) {
        this.trouble = "";
        return true;
      }
      await this.report();
      if (!(await this.#one(entry))) return false;
    }
  }

  async #one(entry) {
    let answer;
    try {
      answer = await this.#post(entry);
      if (answer.status >= 500 || answer.status === 429) throw new Error("later");
    } catch {
      this.timer = setTimeout(() => this.run(), this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
      this.trouble = "offline";
      return false;
    }
    this.wait = FIRST_WAIT;
    const body = await answer.json().catch(() => ({}));
    if (answer.ok) {
      this.trouble = "";
      await this.heard(entry, body);
      return true;
    }
    if (answer.status === 400 && !this.renewed && (await this.#renew())) return true; // an old token: once more with a new one
    const sentence = body.title || "";
    if (answer.status === 422 || (answer.status === 404 && entry.kind === "photo")) {
      await this.heard(entry, { sentence });
      return true;
    }
    this.trouble = sentence || "fault"; // signed out, ended or taken over: it stays on the device
    return false;
  }

  #post(entry) {
    const base = `/appraisals/${this.code}`;
    const headers = { "X-Autosave": "1", Accept: "application/json", "X-CSRFToken": this.token };
    const signal = AbortSignal.timeout(entry.kind === "photo" ? 120000 : 15000);
    if (entry.kind === "answer") {
      const one = { key: entry.item, value: entry.value, seen: entry.seen, instrument: entry.instrument || "" };
      const body = JSON.stringify({ key: entry.key, answers: [one] });
      return fetch(`${base}/answers`, { method: "POST", body, headers: { ...headers, "Content-Type": "application/json" }, signal });
    }
    const body = new FormData();
    if (entry.kind === "nothing") body.append("section", entry.section);
    else {
      headers["X-Upload"] = "1";
      for (const box of entry.boxes ?? []) body.append("box", `${entry.item}|${box.code}|${box.x}|${box.y}|${box.width}|${box.height}`);
      if (entry.kind === "photo") {
        body.append(entry.shot ? "shot" : "item", entry.shot || entry.item);
        body.append("device_key", entry.key);
        body.append("photo", entry.file, "photo.jpg");
      }
    }
    const where = { nothing: "nothing-found", photo: "photos", marks: `photos/${entry.photo}/marks` }[entry.kind];
    return fetch(`${base}/${where}`, { method: "POST", body, headers, signal });
  }

  /** A page that came out of the cache, or stood open for a night, has an old token. */
  async #renew() {
    this.renewed = true;
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.href, { cache: "no-store" })).text(), "text/html");
      const fresh = page.querySelector("#inspection [name=csrf_token]")?.value;
      if (!fresh) return false;
      this.form.elements.csrf_token.value = fresh;
      return true;
    } catch {
      return false;
    }
  }
}
