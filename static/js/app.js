/* Makes pages smoother; every page works without it. Listens once on the document, so parts swapped in by htmx need no set-up
   except uploads and autosave, which `prepare` finds. Words come translated from <body data-words>. */

const words = JSON.parse(document.body.dataset.words || "{}");
document.documentElement.classList.add("js");

/** A line in the strip under the header, read out by screen readers. */
function say(text, kind = "info") {
  const strip = document.getElementById("said");
  if (!strip) return;
  const line = document.createElement("div");
  line.className = `notice is-${kind}`;
  const body = document.createElement("div");
  body.className = "notice-body";
  body.textContent = text;
  line.append(body);
  strip.replaceChildren(line);
  line.scrollIntoView({ block: "nearest" });
}

/** Answer of the server as a document fragment; full pages and parts alike. Scripts in it never run. */
const parse = (html) => new DOMParser().parseFromString(html, "text/html");

/** The sentence that a refusal carries, in JSON or in HTML. */
async function sentenceOf(answer, otherwise) {
  const text = await answer.text();
  if ((answer.headers.get("Content-Type") || "").includes("json")) {
    try {
      const body = JSON.parse(text);
      return body.message || body.title || otherwise;
    } catch {
      return otherwise;
    }
  }
  const found = parse(text).querySelector(".field-error, [role=alert] .notice-body, .error-sentence, .notice-body");
  return found ? found.textContent.trim() : otherwise;
}

/* Theme: changes at once, the cookie is set by the same form in the background. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-theme-switch]") || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const part of form.querySelectorAll("[aria-pressed]")) part.setAttribute("aria-pressed", String(part === event.submitter));
  fetch(form.action, { method: "POST", body: new FormData(form, event.submitter), redirect: "manual" }).catch(() => say(words.no_answer, "attention"));
});

/* Signing out: pages of open inspections that were kept for a lost connection are not left to the next person. What has not been sent
   stays, and waits for the one who gave it. */
document.addEventListener("submit", async (event) => {
  if (!event.target.action.endsWith("/sign-out") || !window.caches) return;
  for (const name of await caches.keys()) if (name.startsWith("xunyi-inspection")) caches.delete(name);
});

/* Dialogs: the panel of a details[data-dialog] moves into a native <dialog> the first time it is opened. */
function openDialog(door) {
  let box = door.nextElementSibling;
  if (!box || !box.matches("dialog.dialog")) {
    box = document.createElement("dialog");
    box.className = "dialog";
    box.setAttribute("aria-labelledby", `${door.id}-title`);
    const panel = door.querySelector("[data-dialog-panel]");
    for (const close of panel.querySelectorAll("[data-dialog-close]")) close.hidden = false;
    box.append(panel);
    door.after(box);
    box.addEventListener("close", () => door.querySelector("summary").focus());
  }
  door.open = false;
  box.showModal();
}

document.addEventListener("click", (event) => {
  const summary = event.target.closest("details[data-dialog] > summary");
  if (summary) {
    event.preventDefault();
    openDialog(summary.parentElement);
    return;
  }
  const close = event.target.closest("[data-dialog-close]");
  if (close) close.closest("dialog")?.close();
  else if (event.target.matches("dialog.dialog")) {
    const edge = event.target.getBoundingClientRect();
    const inside = event.clientX >= edge.left && event.clientX <= edge.right && event.clientY >= edge.top && event.clientY <= edge.bottom;
    if (!inside) event.target.close();
  }
});

/* Gallery: a thumbnail moves the row sideways instead of jumping the page. */
document.addEventListener("click", (event) => {
  const thumb = event.target.closest("[data-gallery-to]");
  const item = thumb && document.getElementById(thumb.dataset.galleryTo);
  if (!item) return;
  event.preventDefault();
  const row = item.parentElement;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  row.scrollTo({ left: item.offsetLeft - row.offsetLeft, behavior: calm ? "auto" : "smooth" });
});

/* Copy buttons. */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const label = button.querySelector("span");
  const before = button.dataset.label ?? (button.dataset.label = label.textContent);
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    label.textContent = words.copied;
    setTimeout(() => (label.textContent = before), 2000);
  } catch {
    say(words.copy_failed, "attention");
  }
});

/* One submission at a time. The lock opens when the page is shown again (back button) or htmx is done. */
function lock(form, submitter) {
  form.dataset.sending = "1";
  setTimeout(() => {
    for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("aria-disabled", "true");
    if (submitter?.dataset.busy) {
      const label = submitter.querySelector("span") || submitter;
      submitter.dataset.label = label.textContent;
      label.textContent = submitter.dataset.busy;
    }
  });
  setTimeout(() => unlock(form), 20000);
}

function unlock(form) {
  delete form.dataset.sending;
  for (const button of form.querySelectorAll("button[aria-disabled]")) {
    button.removeAttribute("aria-disabled");
    if (button.dataset.busy && button.dataset.label) (button.querySelector("span") || button).textContent = button.dataset.label;
  }
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.method !== "post" || form.dataset.once === "off" || form.matches("[data-theme-switch]")) return;
    if (form.dataset.sending) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    lock(form, event.submitter);
  },
  true,
);
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) unlock(form);
});

/* htmx: what was refused is said, what could not be sent is said. */
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt?.closest?.("form");
  if (form) unlock(form);
});
document.addEventListener("htmx:responseError", (event) => {
  const xhr = event.detail.xhr;
  const found = parse(xhr.responseText || "").querySelector(".notice-body, .error-sentence");
  say(found ? found.textContent.trim() : words.fault, xhr.status >= 500 ? "danger" : "attention");
});
for (const lost of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(lost, (event) => {
    if (!event.detail.elt.matches("[data-quiet]")) say(words.no_answer, "attention"); // the page says there itself how it stands
  });
}
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));

/* Uploads: files of input[data-upload] go one by one. What has arrived stays; what has not waits for the network or a tap.
   The answer (a part or the whole page) replaces the element named by data-upload-target. */
let turn = Promise.resolve(); // of all inputs of the page: photos arrive in the order in which they were chosen
function uploads(input) {
  const form = input.form;
  const queue = input.closest(".upload")?.querySelector("[data-upload-queue]");
  if (!form || !queue || input.dataset.ready) return;
  input.dataset.ready = "1";
  const waiting = [];
  let running = false;

  function row(file) {
    const line = document.createElement("li");
    const picture = document.createElement("img");
    picture.alt = "";
    picture.addEventListener("error", () => picture.removeAttribute("src"), { once: true });
    picture.src = URL.createObjectURL(file);
    const middle = document.createElement("div");
    const name = document.createElement("p");
    name.className = "upload-file";
    name.textContent = file.name;
    const state = document.createElement("p");
    state.className = "upload-state";
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    middle.append(name, state, bar);
    const actions = document.createElement("div");
    line.append(picture, middle, actions);
    queue.append(line);
    const job = { file, line, state, bar, actions, picture };
    show(job, words.waiting);
    return job;
  }

  function show(job, text, failed = false) {
    job.state.textContent = text;
    job.line.classList.toggle("is-failed", failed);
    delete job.line.dataset.cut;
    job.bar.hidden = failed;
    job.actions.replaceChildren();
    if (failed) {
      const again = document.createElement("button");
      again.type = "button";
      again.className = "button is-secondary is-sm";
      again.textContent = words.again;
      again.addEventListener("click", () => {
        show(job, words.waiting);
        waiting.push(job);
        run();
      });
      const drop = document.createElement("button");
      drop.type = "button";
      drop.className = "button is-quiet is-sm";
      drop.textContent = words.drop;
      drop.addEventListener("click", () => finish(job));
      job.actions.append(again, drop);
    }
  }

  function finish(job) {
    if (job.picture.src) URL.revokeObjectURL(job.picture.src);
    job.line.remove();
  }

  /** Sends one file; resolves with the answer, rejects when there was none. XMLHttpRequest because fetch cannot tell progress. */
  function send(job) {
    return new Promise((resolve, reject) => {
      const body = new FormData();
      for (const hidden of form.querySelectorAll("input[type=hidden]")) body.append(hidden.name, hidden.value);
      body.append(input.name, job.file, job.file.name);
      const request = new XMLHttpRequest();
      request.open("POST", input.dataset.upload);
      request.setRequestHeader("X-Upload", "1");
      request.timeout = 120000;
      request.upload.onprogress = (event) => {
        if (event.lengthComputable) job.bar.value = Math.round((event.loaded / event.total) * 100);
      };
      request.onload = () =>
        resolve(new Response([204, 304].includes(request.status) ? null : request.responseText, { status: request.status, headers: { "Content-Type": request.getResponseHeader("Content-Type") || "" } }));
      request.onerror = request.ontimeout = () => reject(new Error("no answer"));
      request.send(body);
    });
  }

  async function run() {
    if (running) return;
    running = true;
    while (waiting.length) {
      const job = waiting[0];
      show(job, words.sending);
      let answer;
      try {
        answer = await (turn = turn.catch(() => null).then(() => send(job)));
      } catch {
        for (const other of waiting.splice(0)) {
          show(other, words.offline, true);
          other.line.dataset.cut = "1";
        }
        addEventListener("online", retryAll, { once: true });
        break;
      }
      waiting.shift();
      if (answer.ok) {
        const target = document.getElementById(input.dataset.uploadTarget);
        const fresh = parse(await answer.text()).getElementById(input.dataset.uploadTarget);
        if (target && fresh) {
          target.replaceWith(fresh);
          window.htmx?.process(fresh);
          finish(job);
        } else {
          show(job, words.failed, true);
        }
      } else {
        show(job, await sentenceOf(answer, words.failed), true);
      }
    }
    running = false;
  }

  function retryAll() {
    for (const line of queue.querySelectorAll("[data-cut]")) line.querySelector("button")?.click();
  }

  input.addEventListener("change", () => {
    for (const file of input.files) waiting.push(row(file));
    input.value = "";
    run();
  });
}

/* Autosave: a while after the last keystroke the form goes to its data-autosave address; what could not be saved is kept on this
   device and tried again. Passwords, files and tokens are never kept. */
const DAY = 86400000;

function autosave(form) {
  if (form.dataset.ready) return;
  form.dataset.ready = "1";
  const key = `draft:${form.dataset.autosave}#${form.elements.screen?.value ?? ""}`; // several screens share one address
  let state = form.querySelector("[data-autosave-state]");
  if (!state) {
    state = document.createElement("p");
    state.className = "save-state";
    form.append(state);
  }
  state.setAttribute("role", "status");
  let timer = 0;
  let retry = 0;
  let busy = false;
  let changed = false;
  let leaving = false;
  let saving = Promise.resolve();
  let wait = 2000;

  const kept = () => {
    const values = [];
    for (const control of form.elements) {
      if (!control.name || control.disabled || ["hidden", "password", "file", "submit", "button"].includes(control.type)) continue;
      if (["radio", "checkbox"].includes(control.type)) values.push([control.name, control.value, control.checked]);
      else values.push([control.name, control.value]);
    }
    return values;
  };

  const store = (values) => {
    try {
      if (values) localStorage.setItem(key, JSON.stringify({ at: Date.now(), values }));
      else localStorage.removeItem(key);
    } catch {
      /* Storage can be full or forbidden; the server's copy is the one that counts. */
    }
  };

  function show(text, unsaved = false) {
    state.textContent = text;
    state.classList.add("save-state");
    state.classList.toggle("is-unsaved", unsaved);
  }

  /** Puts the message of each refused answer into its [data-error-for] line, and empties the others. */
  function mark(errors) {
    for (const line of form.querySelectorAll("[data-error-for]")) {
      const name = line.dataset.errorFor;
      line.textContent = errors[name] || "";
      line.hidden = !errors[name];
      for (const control of form.elements) {
        if (control.name !== name || control.type === "radio") continue;
        if (errors[name]) control.setAttribute("aria-invalid", "true");
        else control.removeAttribute("aria-invalid");
      }
    }
  }

  function save() {
    if (!busy && changed && !leaving) saving = send();
  }

  async function send() {
    busy = true;
    changed = false;
    show(words.saving);
    const body = new FormData(form);
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    let answer;
    try {
      const headers = { "X-Autosave": "1", Accept: "application/json" };
      answer = await fetch(form.dataset.autosave, { method: "POST", body, headers, signal: AbortSignal.timeout(20000) });
      if (answer.status >= 500 || answer.status === 429) throw new Error("later");
    } catch {
      busy = false;
      changed = true;
      show(words.unsaved, true);
      clearTimeout(retry);
      retry = setTimeout(save, wait);
      wait = Math.min(wait * 2, 60000);
      return;
    }
    busy = false;
    wait = 2000;
    const isJson = (answer.headers.get("Content-Type") || "").includes("json");
    if (isJson && (answer.ok || answer.status === 422)) {
      const body = await answer.json();
      for (const [name, value] of Object.entries(body.fields || {})) {
        const control = form.querySelector(`input[type=hidden][name="${CSS.escape(name)}"]`);
        if (control) control.value = value;
      }
      mark(body.errors || {});
      if (answer.ok && !changed) store(null);
      show(answer.ok ? words.saved : words.incomplete);
      form.dispatchEvent(new CustomEvent("xunyi:saved", { bubbles: true }));
    } else {
      show(await sentenceOf(answer, words.fault), true);
      return;
    }
    if (changed) timer = setTimeout(save, 800);
  }

  function touched() {
    changed = true;
    store(kept());
    clearTimeout(timer);
    timer = setTimeout(save, 1200);
  }

  form.addEventListener("input", touched);
  form.addEventListener("change", touched);
  form.addEventListener("submit", leave);
  addEventListener("online", save);
  addEventListener("pagehide", () => clearTimeout(retry));
  addEventListener("pageshow", () => { leaving = false; });

  offer();

  /** A form that counts its saves must not be sent while one is under way: it would carry the old count. */
  async function leave(event) {
    clearTimeout(timer);
    clearTimeout(retry);
    if (!busy) {
      leaving = true;
      return;
    }
    event.preventDefault();
    await saving;
    leaving = true;
    unlock(form);
    form.requestSubmit(event.submitter);
  }

  /** Answers that never reached the server are offered, never put back by themselves. */
  function offer() {
    let draft = null;
    try {
      draft = JSON.parse(localStorage.getItem(key) || "null");
    } catch {
      draft = null;
    }
    if (!draft) return;
    if (Date.now() - draft.at > 7 * DAY || JSON.stringify(draft.values) === JSON.stringify(kept())) {
      store(null);
      return;
    }
    const line = document.createElement("div");
    line.className = "notice is-info";
    const body = document.createElement("div");
    body.className = "notice-body";
    const text = document.createElement("p");
    text.textContent = words.restore;
    const choices = document.createElement("div");
    choices.className = "cluster";
    for (const [label, kind, use] of [[words.restore_yes, "is-secondary", true], [words.restore_no, "is-quiet", false]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = `button ${kind} is-sm`;
      button.textContent = label;
      button.addEventListener("click", () => {
        line.remove();
        if (use) put(draft.values);
        else store(null);
      });
      choices.append(button);
    }
    body.append(text, choices);
    line.append(body);
    form.prepend(line);
  }

  function put(values) {
    for (const [name, value, checked] of values) {
      for (const control of form.elements) {
        if (control.name !== name) continue;
        if (checked === undefined) control.value = value;
        else if (control.value === value) control.checked = checked;
      }
    }
    touched();
  }
}

function prepare(root) {
  const all = (selector) => [...(root.matches?.(selector) ? [root] : []), ...root.querySelectorAll(selector)];
  for (const input of all("input[type=file][data-upload]")) uploads(input);
  for (const form of all("form[data-autosave]")) autosave(form);
  for (const button of all("[data-copy][hidden]")) button.hidden = !navigator.clipboard;
  for (const door of all("details[data-dialog] > summary")) door.setAttribute("aria-haspopup", "dialog");
  all("[data-focus]")[0]?.focus({ preventScroll: false });
}

prepare(document.body);
