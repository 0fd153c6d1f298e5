"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const japanese = /[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]/;
  const words = { CORRECT: "✓ right", PARTIAL: "◐ partly", INCORRECT: "✗ wrong", NOT_ATTEMPTED: "– not attempted" };

  const made = (name, css, text) => {
    const node = document.createElement(name);
    if (css) node.className = css;
    if (text !== undefined) {
      node.textContent = text;
      if (japanese.test(text)) node.lang = "ja";
    }
    return node;
  };
  const choices = (id, pairs) => pairs.forEach(([value, text]) => at(id).append(new Option(text, value)));
  const answer = (run, n) => (run === undefined ? null : data.runs[run].answers[n]);
  const based = (n) => data.base.map((run) => answer(run, n)).find((one) => one) || null;
  const graded = (one) => (one ? data.grades[one[1]] : "");

  function cell(one, keys) {
    const node = made("td");
    if (!one) return made("td", "", "–");
    const [text, grade, strict, hits, wrong] = one;
    const name = data.grades[grade];
    node.dataset.grade = name;
    node.append(made("div", "said", data.texts[text] || "(empty)"));
    node.append(made("span", `grade ${name}`, words[name] + (name === "CORRECT" && !strict ? ", not strict" : "")), " ");
    keys.forEach((key, bit) => {
      if (hits < 0) return;
      const hit = Math.floor(hits / 2 ** bit) % 2 === 1;
      const chip = made("span", `chip ${hit ? "hit" : "miss"}`, `${hit ? "✓" : "✗"} ${key}`);
      chip.dataset.hit = hit;
      node.append(chip);
    });
    data.wrongs[wrong].forEach((value) => node.append(made("span", "chip wrong", `said ${value}`)));
    return node;
  }

  function row(one, n, a, b) {
    const line = made("tr");
    const flipped = Boolean(a && b) && (graded(a) === "CORRECT") !== (graded(b) === "CORRECT");
    Object.assign(line.dataset, { qid: one.qid, level: one.level, split: one.split, flipped });
    const asked = made("td");
    asked.append(made("div", "asked", one.prompt), made("div", "gold", one.gold));
    line.append(made("td", "", `${one.level} ${one.split}`), asked, cell(based(n), one.keys), cell(a, one.keys), cell(b, one.keys));
    return line;
  }

  function show() {
    const [a, b] = [Number(at("a").value), Number(at("b").value)];
    const [level, split, grade] = ["level", "split", "grade"].map((id) => at(id).value);
    const text = at("contains").value.toLowerCase();
    const lines = [];
    let asked = 0;
    data.questions.forEach((one, n) => {
      const [left, right] = [answer(a, n), answer(b, n)];
      if (!left && !right) return;
      asked += 1;
      if ((level && one.level !== level) || (split && one.split !== split)) return;
      if (grade && graded(left) !== grade && graded(right) !== grade) return;
      if (text && ![one.prompt, one.gold, left && data.texts[left[0]], right && data.texts[right[0]]].join("\n").toLowerCase().includes(text)) return;
      const line = row(one, n, left, right);
      if (!at("flipped").checked || line.dataset.flipped === "true") lines.push(line);
    });
    at("answers").tBodies[0].replaceChildren(...lines);
    at("shown").textContent = `${lines.length} of ${asked} questions`;
    at("shown").dataset.shown = lines.length;
    at("head-a").textContent = `A: ${data.runs[a].title}`;
    at("head-b").textContent = `B: ${data.runs[b].title}`;
  }

  const themes = ["", "light", "dark"];
  at("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const next = themes[(themes.indexOf(root.dataset.theme || "") + 1) % themes.length];
    if (next) root.dataset.theme = next;
    else delete root.dataset.theme;
  });
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
  if (data.runs.length) {
    for (const id of ["a", "b"]) {
      choices(id, data.runs.map((run, n) => [n, run.title]));
      at(id).value = data[id];
    }
    choices("level", [...new Set(data.questions.map((one) => one.level))].map((one) => [one, one]));
    choices("split", [...new Set(data.questions.map((one) => one.split))].map((one) => [one, one]));
    choices("grade", data.grades.map((one) => [one, words[one]]));
    at("filters").addEventListener("input", show);
    show();
  }
})();
