/* Keys of appraisers, on this device only: made, kept as a file that a passphrase opens, used to sign a frozen report.
   Nothing in here sends a private key or a passphrase anywhere. Without this script the same is done by a command. */

const FORMAT = "xunyi-key/1";
const ROUNDS = 600000; // PBKDF2 with SHA-256: what OWASP's password storage page asks for
const box = document.querySelector("[data-signer]");
const words = JSON.parse(box?.dataset.words || "{}");
const said = document.getElementById("signer-said");

const text = new TextEncoder();
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (digits) => Uint8Array.from(digits.match(/../g) || [], (pair) => parseInt(pair, 16));
const sha256 = async (bytes) => hex(await crypto.subtle.digest("SHA-256", bytes));

function say(sentence) {
  said.textContent = sentence || "";
  said.hidden = !sentence;
}

async function lockOf(passphrase, salt, rounds) {
  const word = await crypto.subtle.importKey("raw", text.encode(passphrase.normalize("NFC")), "PBKDF2", false, ["deriveKey"]);
  const way = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return crypto.subtle.deriveKey(way, word, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** Canonical JSON (RFC 8785) of an object whose values are plain ASCII texts. */
const canonical = (flat) => JSON.stringify(Object.fromEntries(Object.keys(flat).sort().map((name) => [name, flat[name]])));

function save(name, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

async function make() {
  const passphrase = document.getElementById("signer-new").value;
  if (passphrase.length < 12) return say(words.short);
  if (passphrase !== document.getElementById("signer-again").value) return say(words.differ);
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const publicKey = hex(await crypto.subtle.exportKey("raw", pair.publicKey));
  const kid = (await sha256(unhex(publicKey))).slice(0, 16);
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const lock = await lockOf(passphrase, salt, ROUNDS);
  const inside = await crypto.subtle.exportKey("pkcs8", pair.privateKey);
  const closed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: text.encode(publicKey) }, lock, inside);
  const file = { format: FORMAT, kid, public_key: publicKey, kdf: "PBKDF2-SHA256", rounds: ROUNDS, salt: hex(salt), iv: hex(iv), data: hex(closed) };
  const proof = { format: "xunyi-key-proof/1", person: box.dataset.person, public_key: publicKey, challenge: box.dataset.challenge };
  const signature = hex(await crypto.subtle.sign("Ed25519", pair.privateKey, text.encode(canonical(proof))));
  save(`${kid}.xunyi-key`, JSON.stringify(file, null, 1));
  const form = document.getElementById("key-form");
  form.elements.proof.value = JSON.stringify({ ...proof, proof: signature });
  for (const other of form.querySelectorAll("[data-signer-other]")) other.hidden = true;
  say("");
  const line = document.createElement("p");
  line.className = "notice is-success";
  line.setAttribute("role", "status");
  line.textContent = words.made;
  form.prepend(line);
  form.elements.label.focus();
}

async function open(file, passphrase) {
  let read = null;
  try {
    read = JSON.parse(await file.text());
  } catch {
    read = null;
  }
  if (read?.format !== FORMAT) throw new Error("not_key");
  if (!box.dataset.kids.split(" ").includes(read.kid)) throw new Error("not_yours");
  try {
    const lock = await lockOf(passphrase, unhex(read.salt), read.rounds);
    const way = { name: "AES-GCM", iv: unhex(read.iv), additionalData: text.encode(read.public_key) };
    const inside = await crypto.subtle.decrypt(way, lock, unhex(read.data));
    return { kid: read.kid, key: await crypto.subtle.importKey("pkcs8", inside, "Ed25519", false, ["sign"]) };
  } catch (trouble) {
    throw new Error(trouble.name === "NotSupportedError" ? "unable" : "passphrase");
  }
}

async function sign() {
  const file = document.getElementById("signer-file").files[0];
  if (!file) return say(words.no_file);
  const answer = await fetch(box.dataset.draft, { headers: { "X-Autosave": "1" } }).catch(() => null);
  if (!answer?.ok) return say(answer ? words.moved : words.offline);
  const draft = await answer.arrayBuffer();
  const hash = await sha256(draft); // what is signed is what was fetched, and it must be what this page shows
  if (hash !== box.dataset.sha256) return say(words.moved);
  const { kid, key } = await open(file, document.getElementById("signer-word").value);
  const value = hex(await crypto.subtle.sign("Ed25519", key, draft));
  const form = document.getElementById("signature-form");
  form.elements.signature.value = JSON.stringify({ format: "grading-signature/1", algorithm: "Ed25519", kid, content_sha256: hash, value });
  form.requestSubmit();
}

async function able() {
  if (!globalThis.crypto?.subtle) return false;
  try {
    await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    return true;
  } catch {
    return false;
  }
}

if (box) {
  const go = box.querySelector("[data-signer-go]");
  box.hidden = false;
  able().then((can) => {
    if (can) return;
    say(words.unable);
    go.disabled = true;
  });
  go.addEventListener("click", async () => {
    go.disabled = true;
    try {
      await (box.dataset.signer === "sign" ? sign() : make());
    } catch (trouble) {
      say(words[trouble.message] || words.unable);
    } finally {
      go.disabled = false;
    }
  });
}
