/* Shortens a long list of answers while one types. The answer that is chosen and the last one ("another") always stay. */

const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/[\s·-]/g, "");

for (const box of document.querySelectorAll("[data-narrow]")) {
  const answers = [...document.querySelectorAll(`#${box.dataset.narrow} .answer`)];
  const said = box.querySelector("[role=status]");
  const typed = box.querySelector("input");
  if (!answers.length) continue;
  const words = answers.map((answer) => plain(`${answer.innerText} ${answer.dataset.words || ""}`));
  box.hidden = false;
  typed.addEventListener("input", () => {
    const wanted = plain(typed.value);
    let found = 0;
    answers.forEach((answer, place) => {
      const fits = words[place].includes(wanted);
      const stays = place === answers.length - 1 || answer.querySelector("input").checked;
      if (fits && place < answers.length - 1) found += 1;
      answer.hidden = !fits && !stays;
    });
    said.textContent = found ? "" : said.dataset.none;
  });
}
