/* Codes such as 21XS2, 4SH, 40B, P3.01B or A2.04=0.12, read from the table that the page carries. The same rules as app/appraisal/codes.py;
   a browser test holds both against each other. */

const CODE = /^([A-Z]{0,3}[0-9]{1,3}(?:\.[0-9]{2,3})?)([=:]?)(.*)$/;
const LONGEST = 200;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const plain = (text) => text.replace(/[！-～]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0)).toUpperCase();

/** What may be typed for these options: their own short values, or letters by their place. */
function letters(options) {
  if (!options.length || options.some(([value]) => value.length === 1)) return options.map(([value]) => value);
  return options.map((_, place) => String.fromCharCode(65 + place));
}

function read(token, table, words) {
  const parts = CODE.exec(token);
  if (!parts) return { refused: fill(words.unreadable, { code: token }) };
  const [, label, equals, rest] = parts;
  const item = table.find((row) => row.labels.includes(label));
  if (!item) return { refused: fill(words.no_item, { code: token, label }) };
  if (item.computed) return { refused: fill(words.computed, { code: token, name: item.name }) };
  const options = item.options ?? [];
  const marks = item.marks ?? [];
  const said = (name) => `${item.code} ${item.name}：${name}`;
  if (equals) {
    if (item.number) return { key: item.number, value: rest, said: said(rest) };
    return { refused: fill(words.no_answer, { code: token, name: item.name, rest: `=${rest}`, known: letters(options).join(" ") }) };
  }
  const mark = marks.find(([value]) => value === rest);
  if (mark) return { key: item.key, value: rest, isMark: true, said: said(mark[1]) };
  let option = options.find(([value]) => value.toUpperCase() === rest);
  if (!option && rest.length === 1 && rest >= "A" && rest <= "Z" && !options.some(([value]) => value.length === 1)) option = options[rest.charCodeAt(0) - 65];
  if (option) return { key: item.key, value: option[0], said: said(option[1]) };
  const known = [...marks.map(([value]) => value), ...letters(options)].join(" ") || "=";
  return { refused: fill(words.no_answer, { code: token, name: item.name, rest, known }) };
}

/** Every code of a line: [{key, value, isMark, said}], or {refused} for the first that cannot be read. */
export function readCodes(text, table, words) {
  if (text.length > LONGEST) return { refused: words.too_long };
  const tokens = plain(text).split(/[\s,;，；、]+/).filter(Boolean);
  if (!tokens.length) return { refused: words.empty };
  const found = tokens.map((token) => read(token, table, words));
  return found.find((each) => each.refused) ?? found;
}

/** What a mark makes of the marks that are there; a clean answer gives way. */
export function joined(present, value, table, key) {
  const item = table.find((row) => row.key === key);
  const marks = (item?.options ?? []).some(([known]) => known === present) ? [] : present.split(" ").filter(Boolean);
  return (marks.includes(value) ? marks : [...marks, value]).join(" ");
}
