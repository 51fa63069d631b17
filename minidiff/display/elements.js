// What moves in a chapter: a cursor under a sound, sliders, a gallery, a blind test.
// The page says everything without this script; here it only comes alive.
(() => {
  if (customElements.get("md-clip")) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

  const play = (audio) => audio.play().catch(() => {}); // another may come before it

  // What this reader has solved; a browser that keeps nothing for us forgets it.
  const solved = {
    all() {
      try { return JSON.parse(localStorage.getItem("minidiff solved")) ?? []; }
      catch { return this.here ??= []; }
    },
    add(name) { this.keep([...new Set(this.all()).add(name)]); },
    keep(names) {
      try { localStorage.setItem("minidiff solved", JSON.stringify(names)); }
      catch { this.here = names; }
    },
  };

  // One sound at a time.
  document.addEventListener("play", ({ target }) => {
    for (const audio of document.querySelectorAll("audio"))
      if (audio !== target) audio.pause();
  }, true);

  class Part extends HTMLElement {
    connectedCallback() { // perhaps before what is inside has been read
      if (document.readyState === "loading")
        document.addEventListener("DOMContentLoaded", () => this.start());
      else this.start();
    }
    start() {
      if (!this.started) this.setup();
      this.started = true;
    }
    all(what) { return [...this.querySelectorAll(what)]; }
    one(what) { return this.querySelector(what); }
    wake() { for (const e of this.all(".md-controls[hidden]")) e.hidden = false; }
    say(words) { this.one("output").textContent = words; }
    voice() { // a player without a face
      const audio = this.appendChild(document.createElement("audio"));
      audio.setAttribute("aria-hidden", "true");
      return audio;
    }
  }

  // A player: a line moves over the picture, and a click there starts from that place.
  customElements.define("md-clip", class extends Part {
    setup() {
      const audio = this.one("audio"), picture = this.one(".md-picture");
      if (!picture) return;
      const line = picture.appendChild(document.createElement("i"));
      line.hidden = true;
      const draw = () => {
        line.hidden = !audio.currentTime;
        line.style.left = `${100 * audio.currentTime / (audio.duration || 1)}%`;
        if (audio.paused) return;
        if (calm.matches) setTimeout(draw, 250);
        else requestAnimationFrame(draw);
      };
      for (const event of ["play", "pause", "seeked"])
        audio.addEventListener(event, draw);
      picture.addEventListener("click", async (event) => {
        const box = picture.getBoundingClientRect();
        await play(audio);
        audio.currentTime = audio.duration * (event.clientX - box.left) / box.width;
      });
    }
  });

  // One slider (a walk) or two (a map): they choose which of the stops is shown.
  customElements.define("md-slides", class extends Part {
    setup() {
      this.sliders = this.all(":scope > .md-controls input");
      this.stops = this.all(":scope > .md-stage > .md-stop");
      this.button = this.one(":scope > .md-controls button");
      for (const slider of this.sliders)
        slider.addEventListener("input", () => this.show());
      this.button?.addEventListener("click", () => this.walk());
      this.wake();
    }
    show() {
      const place = this.sliders.reduce((n, e) => n * (+e.max + 1) + +e.value, 0);
      const old = this.stops.find((e) => !e.hidden), stop = this.stops[place];
      for (const e of this.stops) e.hidden = e !== stop;
      for (const slider of this.sliders) {
        const name = JSON.parse(slider.dataset.names)[slider.value];
        slider.setAttribute("aria-valuetext", name);
        slider.parentElement.querySelector("output").textContent = name;
      }
      const [from, to] = [old, stop].map((e) => e.querySelector("audio"));
      if (from && to && from !== to && !from.paused) { // go on where the other was
        from.pause();
        to.currentTime = from.currentTime;
        play(to);
      }
      return stop;
    }
    async walk() {
      const [slider] = this.sliders, last = +slider.max;
      this.walking = !this.walking;
      this.button.setAttribute("aria-pressed", this.walking);
      for (const e of this.all("audio")) e.pause();
      if (+slider.value === last) slider.value = 0;
      while (this.walking) {
        await this.stay(this.show());
        if (+slider.value === last) this.walking = false;
        else if (this.walking) slider.value = +slider.value + 1;
      }
      this.button.setAttribute("aria-pressed", false);
    }
    async stay(stop) { // as long as its sound lasts
      const audio = stop.querySelector("audio");
      if (!audio) return pause(calm.matches ? 1.2 : 0.5);
      audio.currentTime = 0;
      try { await audio.play(); } catch { return pause(0.5); }
      while (this.walking && !audio.paused) await pause(0.05);
    }
  });

  // Many sounds on one sheet: click, or go from one to the next with the arrow keys.
  customElements.define("md-gallery", class extends Part {
    setup() {
      const cells = this.all(".md-cells button"), across = +this.dataset.columns;
      const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across };
      const audio = this.voice();
      const hear = (cell) => {
        for (const e of cells) {
          e.tabIndex = e === cell ? 0 : -1;
          e.setAttribute("aria-pressed", e === cell);
        }
        audio.src = cell.dataset.src;
        play(audio);
        this.say(cell.getAttribute("aria-label"));
      };
      cells.forEach((cell, i) => {
        cell.hidden = false;
        cell.tabIndex = i ? -1 : 0;
        cell.addEventListener("click", () => hear(cell));
        cell.addEventListener("keydown", (event) => {
          const next = cells[i + steps[event.key]];
          if (!(event.key in steps)) return;
          event.preventDefault();
          if (!next) return;
          next.focus();
          hear(next);
        });
      });
    }
  });

  // A blind test: X is A or B, drawn anew after each answer.
  customElements.define("md-abx", class extends Part {
    setup() {
      const sounds = this.all("md-clip audio"), audio = this.voice();
      const draw = () => { this.x = Math.floor(2 * Math.random()); };
      let right = 0, tries = 0;
      this.one("[data-x]").addEventListener("click", () => {
        audio.src = sounds[this.x].getAttribute("src");
        play(audio);
      });
      for (const button of this.all("[data-answer]"))
        button.addEventListener("click", () => {
          tries += 1;
          const hit = +button.dataset.answer === this.x;
          right += hit;
          const luck = Math.round(100 * chance(right, tries));
          this.say(`${hit ? "Right" : "No"}, X was ${"AB"[this.x]}. ${right} of ${tries}
            right; guessing does as well in ${luck} % of all tests. There is a new X.`);
          draw();
        });
      draw();
      this.wake();
    }
  });

  // A question that the page answers by itself. What is said to each answer comes from
  // the exercise's check (asking.py), and is hidden by that answer until it is given.
  customElements.define("md-ask", class extends Part {
    setup() {
      this.records = this.dataset.replies.split(" ").map((text) =>
        Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
      this.one("form").addEventListener("submit", (event) => {
        event.preventDefault();
        const given = this.all("input, select").map((e) => e.value.trim());
        this.hear(event.submitter?.value ? [event.submitter.value] : given);
      });
      this.addEventListener("keydown", (event) => event.stopPropagation());
      this.wake();
      this.say("");
      count();
    }
    hear(given) {
      const reply = given.some((text) => !text) ? this.dataset.blank
        : this[this.dataset.kind](...given);
      const right = reply.startsWith("right.");
      this.say(reply);
      this.one("output").toggleAttribute("data-right", right);
      if (right) solved.add(this.dataset.name);
      count();
    }
    open(key) { // the reply that this answer opens, if there is one
      for (const record of this.records) {
        const bits = stream(`${this.dataset.name} ${key}`);
        const plain = record.map((byte) => byte ^ bits.next().value);
        if (!plain.subarray(0, 4).some(Boolean))
          return new TextDecoder().decode(plain.subarray(4));
      }
    }
    number(text) {
      const { step, otherwise, between, malformed } = this.dataset, x = value(text);
      if (!Number.isFinite(x)) return malformed;
      const [here, low, high] = [x, Math.floor(x / step) * step,
        Math.ceil(x / step) * step].map((n) => this.open(n.toExponential(5)));
      if (here || low === high) return here ?? low ?? otherwise;
      return low && high ? between : otherwise;
    }
    numbers(text) {
      const all = text.split(/[,;\s]+(?:and\s+)?/).map(value);
      if (all.length !== +this.dataset.count || !all.every(Number.isFinite))
        return this.dataset.malformed;
      return this.open(all.map((x) => x.toExponential(5)).join(" "))
        ?? this.dataset.otherwise;
    }
    order(text) {
      return this.open(text.toUpperCase().replace(/[^A-Z]/g, "")) ?? this.dataset.otherwise;
    }
    choice(word) { return this.open(word) ?? this.dataset.otherwise; }
    each(...words) { return this.open(words.join(" ")) ?? this.dataset.otherwise; }
  });

  // On the book's first page: how much of each chapter is solved.
  customElements.define("md-solved", class extends Part {
    setup() {
      this.one("button").addEventListener("click", () => {
        solved.keep([]);
        this.show();
      });
      addEventListener("pageshow", () => this.show()); // after the way back, too
      this.show();
      this.hidden = false;
    }
    show() {
      const known = solved.all();
      let done = 0, all = 0;
      for (const row of this.all("[data-names]")) {
        const names = row.dataset.names.split(" ");
        const right = names.filter((name) => known.includes(name)).length;
        row.querySelector("span").textContent = `: ${right} of ${names.length}`;
        row.hidden = !right;
        [done, all] = [done + right, all + names.length];
      }
      this.say(done ? `Solved in this browser: ${done} of ${all}.`
        : `There are ${all} such questions. None is solved in this browser yet.`);
      this.one("button").hidden = !done;
    }
  });

  // A number as people write it: 0,5 and -3/4 too.
  function value(text) {
    const [above, below = 1] = text.replace(",", ".").replaceAll("\u2212", "-")
      .split("/").map((part) => part.trim() ? Number(part) : NaN);
    return above / below;
  }

  // Bytes that follow from a key, as in asking.py.
  function* stream(key) {
    let state = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(key))
      state = Math.imul(state ^ byte, 0x01000193);
    for (;;) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      yield state & 255;
    }
  }

  // Show it at every question of the page.
  function count() {
    const asked = [...document.querySelectorAll("md-ask")], known = solved.all();
    const done = asked.filter((e) => known.includes(e.dataset.name));
    for (const e of asked) {
      const note = e.querySelector("small");
      e.toggleAttribute("data-solved", done.includes(e));
      note.hidden = asked.length < 2;
      note.textContent = `Solved: ${done.length} of ${asked.length} on this page.`;
    }
  }

  // How likely at least `right` of `tries` are when every answer is a coin's.
  function chance(right, tries) {
    let term = 0.5 ** tries, sum = 0; // all wrong first, then one right, two ...
    for (let k = 0; k <= tries; k++) {
      if (k >= right) sum += term;
      term *= (tries - k) / (k + 1);
    }
    return sum;
  }
})();
