/* The fields of the inspection form: reading an item's answer as the server would, showing one, and finding the item of a field. */

/** The key of the item or fact that a field belongs to, and what kind of field it is; null for others. */
export function belongs(control) {
  const found = /^(item|mark|text|instrument)-(.+)$/.exec(control.name || "");
  return found && { kind: found[1], key: found[2] };
}

const controls = (form, kind, key) => [...form.querySelectorAll(`[name="${CSS.escape(`${kind}-${key}`)}"]`)];

/** Does the page show this item? */
export const isShown = (form, key) => controls(form, "item", key).length > 0;

/** The answer of an item as it stands on the page; "" for none. */
export function valueOf(form, key) {
  const marks = controls(form, "mark", key).filter((box) => box.checked);
  if (marks.length) return marks.map((box) => box.value).join(" ");
  const words = controls(form, "text", key)[0]?.value.trim();
  if (words) return words;
  const fields = controls(form, "item", key);
  if (fields[0]?.type === "radio") return fields.find((radio) => radio.checked)?.value ?? "";
  return fields[0]?.value.trim() ?? "";
}

/** The instrument that is named beside a number; where none is, the one that is proposed for it. */
export function instrumentOf(form, key, likely = "") {
  const field = controls(form, "instrument", key)[0];
  if (field && !field.value && likely) field.value = likely;
  return field?.value.trim() || likely;
}

/** Shows an answer as if it had been given on this page. */
export function show(form, key, value) {
  const radios = controls(form, "item", key);
  const marks = controls(form, "mark", key);
  const words = controls(form, "text", key)[0];
  const isOption = radios[0]?.type === "radio" && radios.some((radio) => radio.value === value);
  if (radios[0]?.type === "radio") for (const radio of radios) radio.checked = radio.value === value;
  else if (radios[0] && document.activeElement !== radios[0]) radios[0].value = value;
  const found = isOption ? [] : value.split(" ");
  for (const box of marks) box.checked = found.includes(box.value);
  if (marks.length && !isOption && value) marks[0].closest("details").open = true;
  if (words && document.activeElement !== words) words.value = isOption ? "" : value;
}

/** What was touched last wins: a key takes back marks and words, a mark or a word takes back the key. */
export function settle(form, control, { kind, key }) {
  if (kind === "item" && control.type === "radio") {
    for (const box of controls(form, "mark", key)) box.checked = false;
    for (const words of controls(form, "text", key)) words.value = "";
  } else if ((kind === "mark" && control.checked) || (kind === "text" && control.value.trim())) {
    for (const radio of controls(form, "item", key)) if (radio.type === "radio") radio.checked = false;
  }
}

/** The sentence under an item; an empty one takes it away. */
export function complain(form, key, sentence) {
  const line = document.getElementById(`err-${key}`);
  if (line) {
    line.textContent = sentence;
    line.hidden = !sentence;
  }
  for (const field of controls(form, "item", key)) {
    if (field.type === "radio") continue;
    if (sentence) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
}

/** What an item's answer says about it: open, sound, defect, or other (not fitted, not inspected). */
export function stateOf(form, key) {
  const value = valueOf(form, key);
  if (!value) return "open";
  const radio = controls(form, "item", key).find((each) => each.value === value);
  return radio ? radio.dataset.state || "sound" : "defect";
}

/** Colours the part on the drawing, and says its state to a screen reader. */
export function paint(form, key, words) {
  const part = document.querySelector(`[data-part="${CSS.escape(key)}"]`);
  if (!part) return;
  const state = stateOf(form, key);
  part.setAttribute("class", `part is-${state}`);
  part.setAttribute("aria-label", `${part.dataset.name}：${words[state]}`);
}
