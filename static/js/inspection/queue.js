/* What this device has not sent yet: answers, photos, marks and sections, in the order in which they were given. They lie in
   IndexedDB, so that neither a lost connection nor a closed page loses one. Where a browser has none, they live as long as the page. */

const NAME = "xunyi-inspections";
let opened = null;
let spare = null; // entries of a browser without storage
let number = 0;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("waiting", { keyPath: "id", autoIncrement: true });
      asked.result.createObjectStore("known", { keyPath: "code" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

async function act(store, mode, what) {
  const db = await database();
  return new Promise((resolve, reject) => {
    const deal = db.transaction(store, mode, { durability: "strict" });
    const asked = what(deal.objectStore(store));
    deal.oncomplete = () => resolve(asked.result);
    deal.onerror = deal.onabort = () => reject(deal.error);
  });
}

/** Whether what is kept here outlives the page. */
export async function isLasting() {
  try {
    await database();
    return true;
  } catch {
    spare ??= [];
    return false;
  }
}

/** Everything that waits for one inspection, oldest first. */
export async function all(code) {
  const entries = spare ?? (await act("waiting", "readonly", (store) => store.getAll()));
  return entries.filter((entry) => entry.code === code);
}

/** Keep a new entry; it gets its number here. */
export async function add(entry) {
  return (await addAll([entry]))[0];
}

/** Keep new entries in their order, all of them or none: a page may be left right after they were given. */
export async function addAll(entries) {
  if (!entries.length) return []; // a code that says what stands there already
  const whole = entries.map((entry) => ({ ...entry, key: entry.key ?? crypto.randomUUID() }));
  if (spare) {
    for (const entry of whole) {
      entry.id = ++number;
      spare.push(entry);
    }
  } else {
    await act("waiting", "readwrite", (store) => {
      let asked;
      for (const entry of whole) {
        asked = store.add(entry);
        asked.onsuccess = (event) => (entry.id = event.target.result);
      }
      return asked;
    });
  }
  return whole;
}

/** Write an entry that has changed. */
export async function write(entry) {
  if (!spare) await act("waiting", "readwrite", (store) => store.put(entry));
}

export async function drop(entry) {
  if (spare) spare = spare.filter((other) => other.id !== entry.id);
  else await act("waiting", "readwrite", (store) => store.delete(entry.id));
}

/** What the server was last known to hold: {rev, values}. A page that comes out of the cache is older than this. */
export async function known(code) {
  if (spare) return null;
  return (await act("known", "readonly", (store) => store.get(code))) ?? null;
}

export async function remember(code, rev, values) {
  if (spare) return;
  const before = (await known(code)) ?? { values: {} };
  await act("known", "readwrite", (store) => store.put({ code, rev, values: { ...before.values, ...values } }));
}
