// Does the small work that shows that this is no robot (ALTCHA, version 1), then says so. Nothing is fetched.
"use strict";
(() => {
  const K = new Uint32Array(64);
  const START = new Uint32Array(8);
  // The constants of FIPS 180-4: fractional parts of the cube and square roots of the first primes.
  for (let found = 0, n = 2; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
    if (!prime) continue;
    const part = (root) => ((root - Math.floor(root)) * 4294967296) >>> 0;
    if (found < 8) START[found] = part(Math.sqrt(n));
    K[found++] = part(Math.cbrt(n));
  }
  const w = new Uint32Array(64);
  function sha256(bytes) {
    const h = START.slice();
    const padded = new Uint8Array(((bytes.length + 8 >> 6) + 1) << 6);
    padded.set(bytes);
    padded[bytes.length] = 128;
    const view = new DataView(padded.buffer);
    view.setUint32(padded.length - 4, bytes.length * 8);
    for (let at = 0; at < padded.length; at += 64) {
      for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + 4 * i);
      for (let i = 16; i < 64; i++) {
        const x = w[i - 15], y = w[i - 2];
        const s = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3;
        const t = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10;
        w[i] = w[i - 16] + s + w[i - 7] + t;
      }
      let [a, b, c, d, e, f, g, k] = h;
      for (let i = 0; i < 64; i++) {
        const one = k + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + w[i] | 0;
        const two = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
        k = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0;
      }
      [a, b, c, d, e, f, g, k].forEach((value, i) => { h[i] += value; });
    }
    return Array.from(h, (value) => value.toString(16).padStart(8, "0")).join("");
  }

  const box = document.querySelector("[data-challenge]");
  if (!box) return;
  const field = box.querySelector("input");
  const words = box.querySelector("[role=status]");
  const asked = JSON.parse(box.dataset.challenge);
  const text = new TextEncoder();
  let number = 0;
  let waiting = null;
  function work() {
    const until = performance.now() + 30;
    while (performance.now() < until) {
      for (let i = 0; i < 50; i++, number++) {
        if (number > asked.maxnumber) { words.textContent = box.dataset.failed; return; }
        if (sha256(text.encode(asked.salt + number)) === asked.challenge) { done(); return; }
      }
    }
    setTimeout(work, 0);
  }
  function done() {
    const { algorithm, challenge, salt, signature } = asked;
    field.value = btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
    words.textContent = box.dataset.done;
    box.classList.add("done");
    if (waiting) waiting.requestSubmit();
  }
  // Whoever is quicker than the work is waited for.
  box.closest("form").addEventListener("submit", (event) => {
    if (field.value) return;
    event.preventDefault();
    waiting = event.target;
  });
  words.textContent = box.dataset.working;
  work();
})();
