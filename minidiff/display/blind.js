// A blind test: of two sounds one is recorded and one is made; A is drawn for each pair.
(() => {
  if (customElements.get("md-blind")) return;

  customElements.define("md-blind", class extends HTMLElement {
    connectedCallback() { // perhaps before what is inside has been read
      if (document.readyState === "loading")
        document.addEventListener("DOMContentLoaded", () => this.setup());
      else this.setup();
    }
    setup() {
      if (this.sounds) return;
      // made, recorded, made, recorded ... as they stand in the list by name
      this.sounds = [...this.querySelectorAll("details audio")];
      this.pairs = this.sounds.length / 2;
      this.pair = this.right = 0;
      this.next = this.querySelector("[data-next]");
      this.answers = [...this.querySelectorAll("[data-answer]")];
      const audio = this.appendChild(document.createElement("audio"));
      audio.setAttribute("aria-hidden", "true");
      for (const button of this.querySelectorAll("[data-hear]"))
        button.addEventListener("click", () => {
          const real = +button.dataset.hear === this.real;
          audio.src = this.sounds[2 * this.pair + real].getAttribute("src");
          audio.play().catch(() => {}); // another button may come before this sound
        });
      for (const button of this.answers)
        button.addEventListener("click", () => this.judge(+button.dataset.answer));
      this.next.addEventListener("click", () => {
        audio.pause();
        this.pair += 1;
        this.begin();
        this.querySelector("[data-hear]").focus();
      });
      this.begin();
      this.querySelector(".md-controls").hidden = false;
    }
    begin() {
      this.real = Math.floor(2 * Math.random());
      this.show(false);
      const number = this.pairs > 1 ? `Pair ${this.pair + 1} of ${this.pairs}: o` : "O";
      this.say(`${number}ne is recorded, one is made.`);
    }
    judge(answer) {
      const hit = answer === this.real, tries = this.pair + 1;
      this.right += hit;
      const luck = Math.round(100 * chance(this.right, tries));
      this.say(`${hit ? "Right" : "No"}, ${"AB"[this.real]} is the recording.
        ${this.right} of ${tries} right; guessing does as well in ${luck} % of all
        tests.`);
      this.show(true);
      (this.next.hidden ? this.querySelector("summary") : this.next).focus();
    }
    show(told) { // the two can be heard again when it is told which is which
      for (const button of this.answers) button.hidden = told;
      this.next.hidden = !told || this.pair + 1 === this.pairs;
    }
    say(words) { this.querySelector("output").textContent = words; }
  });

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
