// A listening test: a sheet and sound files of the reader's own in, a table of answers
// out. Nothing leaves the page: files are read here, and the answers are a file to save.
(() => {
  if (customElements.get("md-listening")) return;

  const NEEDED = ["sound", "label", "file"];
  const GIVEN = ["test", "listener", "trial", "sound", "label", "answer", "right",
    "seconds"];
  const GRADES = ["bad", "poor", "fair", "good", "excellent"];
  const FORM = `
    <form>
      <label>Test <select name="test">
        <option value="abx">A/B/X: is X the one, or the other?</option>
        <option value="rating">Ratings from 1 to 5</option>
      </select></label>
      <label>Listener <input name="listener" value="1" required></label>
      <label>Rounds <input name="rounds" type="number" min="1" max="20" value="1"></label>
      <label>Sheet <input name="sheet" type="file" accept=".csv,text/csv" required></label>
      <label>Sounds <input name="sounds" type="file" accept="audio/*" multiple required>
      </label>
      <label><input name="equal" type="checkbox" checked> all equally loud</label>
      <button>Begin</button>
    </form>
    <div class="trial" hidden></div>
    <output aria-live="polite"></output>`;

  customElements.define("md-listening", class extends HTMLElement {
    connectedCallback() {
      if (this.form) return;
      this.innerHTML = FORM;
      this.form = this.querySelector("form");
      this.form.addEventListener("submit", async (event) => {
        event.preventDefault();
        try {
          await this.begin(new FormData(this.form));
        } catch (error) {
          this.say(`This does not work yet. ${error.message}`);
        }
      });
    }

    async begin(given) {
      this.say("Reading the sounds ...");
      this.kind = given.get("test");
      this.listener = given.get("listener").trim();
      const rows = sheet(await given.get("sheet").text());
      this.audio ??= new AudioContext();
      await this.load(rows, given.getAll("sounds"));
      this.gain = given.get("equal") ? equal(this.buffers) : () => 1;
      const trials = this.kind === "abx" ? pairs(rows) : rows.map((row) => ({ row }));
      const rounds = Math.max(1, +given.get("rounds") || 1);
      // every round has each trial once, in an order of its own
      this.trials = Array.from({ length: rounds }, () => shuffled(trials)).flat();
      this.answers = [];
      this.form.hidden = true;
      this.next();
    }

    async load(rows, files) {
      const named = new Map(files.map((file) => [file.name, file]));
      this.buffers = new Map();
      for (const { file } of rows) {
        if (this.buffers.has(file)) continue;
        if (!named.has(file))
          throw Error(`The sheet names ${file}, which is not among the sounds.`);
        const bytes = await named.get(file).arrayBuffer();
        const sound = await this.audio.decodeAudioData(bytes).catch(() => null);
        if (!sound) throw Error(`${file} is no sound that this browser can read.`);
        this.buffers.set(file, sound);
      }
    }

    next() {
      this.stop();
      const trial = this.trial = this.trials[this.answers.length];
      if (!trial) return this.end();
      const box = this.querySelector(".trial"), abx = this.kind === "abx";
      this.say(`${this.answers.length + 1} of ${this.trials.length}`);
      if (abx) { // which is A, and which of them is X
        trial.order = shuffled(trial.pair);
        trial.x = Math.floor(2 * Math.random());
      }
      const heard = abx
        ? { A: trial.order[0], B: trial.order[1], X: trial.order[trial.x] }
        : { "the sound": trial.row };
      const waiting = new Set(Object.keys(heard));
      const answers = abx
        ? trial.order.map((row, i) => [`X is ${"AB"[i]}`, i])
        : GRADES.map((word, i) => [`${i + 1} ${word}`, i + 1]);
      const hear = Object.entries(heard).map(([name, row]) => button(`▶ hear ${name}`, () => {
        this.play(row.file);
        waiting.delete(name);
        if (!waiting.size) for (const one of judge) one.disabled = false;
      }));
      const judge = answers.map(([words, value]) => button(words, () => this.note(value)));
      for (const one of judge) one.disabled = true; // until all has been heard
      box.replaceChildren(...hear, ...judge);
      box.hidden = false;
      this.began = performance.now();
      hear[0].focus();
    }

    play(file) {
      this.stop();
      this.audio.resume();
      const gain = new GainNode(this.audio, { gain: this.gain(file) });
      this.source = new AudioBufferSourceNode(this.audio,
        { buffer: this.buffers.get(file) });
      this.source.connect(gain).connect(this.audio.destination);
      this.source.start();
    }

    stop() {
      this.source?.stop();
      this.source = null;
    }

    note(value) {
      const { trial } = this, abx = this.kind === "abx";
      const row = abx ? trial.order[trial.x] : trial.row;
      this.answers.push({
        test: this.kind,
        listener: this.listener,
        trial: this.answers.length + 1,
        sound: row.sound,
        label: row.label,
        answer: abx ? trial.order[value].label : value,
        right: abx ? +(value === trial.x) : "",
        seconds: ((performance.now() - this.began) / 1000).toFixed(1),
      });
      this.next();
    }

    end() {
      const lines = [GIVEN, ...this.answers.map((row) => GIVEN.map((name) => row[name]))];
      const text = lines.map((line) => line.map(quoted).join(",")).join("\n") + "\n";
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
      link.download = `${this.kind}-${this.listener.replace(/\W+/g, "-")}.csv`;
      link.textContent = `Save ${link.download}`;
      this.querySelector(".trial").replaceChildren(link,
        button("Another test", () => {
          this.form.hidden = false;
          this.querySelector(".trial").hidden = true;
          this.say("");
        }));
      this.say(`That was all: ${this.answers.length} answers. Nothing was sent.`);
      link.focus();
    }

    say(words) { this.querySelector("output").textContent = words; }
  });

  function button(words, click) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = words;
    made.addEventListener("click", click);
    return made;
  }

  // The rows of a sheet, each { sound, label, file }.
  function sheet(text) {
    const [head, ...lines] = cells(text.replace(/^\uFEFF/, ""));
    const names = (head ?? []).map((name) => name.trim().toLowerCase());
    const missing = NEEDED.filter((name) => !names.includes(name));
    if (missing.length) throw Error(`The sheet has no column ${missing.join(", ")}.`);
    const rows = lines.filter((line) => line.some((cell) => cell.trim())).map((line) =>
      Object.fromEntries(NEEDED.map((name) =>
        [name, (line[names.indexOf(name)] ?? "").trim()])));
    if (!rows.length) throw Error("The sheet has no rows below its first line.");
    const seen = new Set();
    for (const row of rows) {
      const empty = NEEDED.find((name) => !row[name]);
      if (empty) throw Error(`A row of the sheet has no ${empty}.`);
      const key = JSON.stringify([row.sound, row.label]);
      if (seen.has(key)) throw Error(`${row.sound}, ${row.label} is there twice.`);
      seen.add(key);
    }
    return rows;
  }

  // Lines of cells; a cell in quotes may hold commas, and quotes written twice.
  function cells(text) {
    const lines = [[]];
    for (const [, mark, quotedCell, plain] of
      text.matchAll(/(^|,|\r?\n)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/g)) {
      if (mark.endsWith("\n")) lines.push([]);
      lines.at(-1).push(quotedCell?.replaceAll('""', '"') ?? plain ?? "");
    }
    return lines;
  }

  // Sounds that are there with two labels, the same two for all.
  function pairs(rows) {
    const of = Map.groupBy
      ? Map.groupBy(rows, (row) => row.sound)
      : rows.reduce((m, row) => m.set(row.sound, [...m.get(row.sound) ?? [], row]), new Map());
    const labels = [...new Set(rows.map((row) => row.label))];
    if (labels.length !== 2) throw Error(`A/B/X needs two labels, not ${labels.length}.`);
    return [...of].map(([sound, pair]) => {
      if (pair.length !== 2) throw Error(`${sound} has not both labels.`);
      return { pair };
    });
  }

  // As loud as the quietest: then none is cut off.
  function equal(buffers) {
    const levels = new Map([...buffers].map(([file, sound]) => [file, level(sound)]));
    const least = Math.min(...[...levels.values()].filter((size) => size > 0));
    return (file) => (levels.get(file) > 0 ? least / levels.get(file) : 1);
  }

  function level(sound) {
    let sum = 0;
    for (let c = 0; c < sound.numberOfChannels; c++)
      for (const value of sound.getChannelData(c)) sum += value * value;
    return Math.sqrt(sum / (sound.length * sound.numberOfChannels));
  }

  // Fisher and Yates: every order is as likely.
  function shuffled(list) {
    const out = list.map((item) => Array.isArray(item) ? item : { ...item });
    for (let i = out.length - 1; i > 0; i--) {
      const j = Math.floor((i + 1) * Math.random());
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  }

  function quoted(value) {
    const text = String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }
})();
