/* Keeps the pages of open inspections within reach while there is no network. The network is always asked first; what it answers is
   kept, and shown again only when it does not answer. Answers and photos themselves wait in the page's own storage (queue.js). */

const PAGES = "xunyi-inspection-pages";
const FILES = "xunyi-inspection-files";
const WAIT = 8000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin || request.headers.has("HX-Request")) return;
  if (/^\/appraisals\/[0-9a-z]{26}\/inspect$/.test(address.pathname)) event.respondWith(fresh(request, PAGES, true));
  else if (address.pathname.startsWith("/static/") || /\/photos\/[0-9a-z]{26}\/card\.webp$/.test(address.pathname)) {
    event.respondWith(fresh(request, FILES, false));
  }
});

async function fresh(request, name, isPage) {
  const store = await caches.open(name);
  const address = request.url.split("#")[0];
  const kept = await store.match(address);
  let late = 0;
  try {
    const stop = new AbortController();
    if (kept) late = setTimeout(() => stop.abort(), WAIT); // a slow network is worse than what is kept, and better than nothing
    const answer = await fetch(request, { signal: stop.signal });
    if (answer.ok && !answer.redirected && answer.type === "basic") await store.put(address, answer.clone());
    else if (isPage && answer.status < 500) await store.delete(address); // ended, or not this person's any more
    return answer;
  } catch (trouble) {
    if (kept) return kept;
    throw trouble;
  } finally {
    clearTimeout(late);
  }
}
