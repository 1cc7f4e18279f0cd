// Somebody joins a demo house in a real browser, and replaces a lost password: joining.mjs CHROMIUM ADDRESS ADMIN.
// ADMIN is JSON with email, password and totp_secret. Says "done" at the end, or what went wrong.
// The browser is driven over a pipe by its own protocol, so that nothing but Node and Chromium is needed.
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [chromium, address, admin] = [process.argv[2], process.argv[3], JSON.parse(process.argv[4])];
const profile = mkdtempSync(join(tmpdir(), "candor-browser-"));
const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors", "--remote-debugging-pipe",
  "--no-first-run", `--user-data-dir=${profile}`];
const browser = spawn(chromium, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const [, , , toBrowser, fromBrowser] = browser.stdio;

let number = 0;
let rest = "";
const answers = new Map();
const listeners = [];
fromBrowser.on("data", (chunk) => {
  rest += chunk;
  for (let end = rest.indexOf("\0"); end >= 0; end = rest.indexOf("\0")) {
    const message = JSON.parse(rest.slice(0, end));
    rest = rest.slice(end + 1);
    if (message.id) answers.get(message.id)(message);
    else for (const listener of [...listeners]) listener(message);
  }
});

function send(method, params = {}, sessionId = undefined) {
  const id = ++number;
  toBrowser.write(JSON.stringify({ id, method, params, sessionId }) + "\0");
  return new Promise((resolve, reject) => {
    answers.set(id, ({ result, error }) => (error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result)));
  });
}

/** A tab in a browser context of its own: its own cookies. */
async function person() {
  const { browserContextId } = await send("Target.createBrowserContext");
  const { targetId } = await send("Target.createTarget", { url: "about:blank", browserContextId });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  await send("Page.enable", {}, sessionId);
  const loaded = () => new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("a page did not load in 30 s")), 30_000);
    const listener = (message) => {
      if (message.sessionId !== sessionId || message.method !== "Page.loadEventFired") return;
      clearTimeout(timer);
      listeners.splice(listeners.indexOf(listener), 1);
      resolve();
    };
    listeners.push(listener);
  });
  const run = async (expression) => {
    const { result, exceptionDetails } =
      await send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true }, sessionId);
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description}`);
    return result.value;
  };
  const open = async (path) => {
    const load = loaded();
    await send("Page.navigate", { url: path.startsWith("https:") ? path : address + path }, sessionId);
    await load;
  };
  const fill = async (fields, button = "main form button") => {
    for (const [id, value] of Object.entries(fields)) {
      await run(`document.getElementById(${JSON.stringify(id)}).value = ${JSON.stringify(value)}`);
    }
    const load = loaded();
    await run(`document.querySelector(${JSON.stringify(button)}).click()`);
    await load;
  };
  const text = () => run("document.querySelector('main').innerText");
  const must = async (words) => {
    const found = await text();
    if (!found.includes(words)) throw new Error(`no “${words}” at ${await run("location.pathname")}: ${found}`);
    return found;
  };
  return { open, fill, run, must };
}

/** RFC 6238 with SHA-1, six digits, 30 seconds. */
function totp(secret) {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"));
  const bytes = Buffer.from(bits.join("").match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac("sha1", bytes).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Waits until a page of the administrator's holds what a pattern asks for. */
async function seen(who, path, pattern) {
  for (let tries = 0; tries < 40; tries++) {
    await who.open(path);
    const found = (await who.must("")).match(pattern);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`${path} never held ${pattern}`);
}

async function main() {
  const keeper = await person();
  await keeper.open("/sign-in");
  await keeper.fill({ email: admin.email, password: admin.password });
  await keeper.fill({ code: totp(admin.totp_secret) });

  const grace = await person();
  await grace.open("/sign-up/brightwater");
  await grace.must("has approved");
  // The button waits for the challenge by itself, so nothing is waited for here.
  await grace.fill({ email: "grace@elsewhere.example", name: "Grace Otieno", asked: "receptionist" });
  await grace.must("Enter the code");
  await grace.fill({ code: "0000 0000" });
  await grace.must("That code is not right");
  const [code] = await seen(keeper, "/outbox", /\d{4} \d{4}/);
  await grace.fill({ code });
  await grace.fill({ password: "copper lantern tuesday" });
  await grace.must("Your request waits");
  const signIn = async (password) => {
    await grace.open("/sign-in");
    await grace.fill({ email: "grace@elsewhere.example", password });
  };
  await signIn("copper lantern tuesday");
  await grace.must("not right");

  await keeper.open("/people/requests");
  await keeper.fill({}, "main table a");
  await keeper.fill({ role: "receptionist", reason: "She begins on Monday." }, "button[value=accept]");
  await keeper.must("Accepted");

  await signIn("copper lantern tuesday");
  const secret = await grace.run("document.querySelector('input[name=secret]').value");
  await grace.fill({ code: totp(secret) });
  await grace.open("/welcome");
  await grace.must("Receptionist");

  const later = await person();
  await later.open("/reset");
  await later.fill({ email: "grace@elsewhere.example" });
  await later.must("If this address has an account");
  const [link] = await seen(keeper, "/outbox", /https:\S+token=\S+/);
  await later.open(link);
  await later.fill({ password: "violet harbour thursday" });
  await later.must("Your password is changed");
  await later.open(link);
  await later.must("over");
  await grace.open("/welcome");
  await grace.must("Sign in to go on");
  await signIn("violet harbour thursday");
  await grace.must("Enter your code");
}

try {
  await main();
  console.log("done");
} catch (error) {
  console.log(error.stack);
  process.exitCode = 1;
} finally {
  browser.kill();
  await new Promise((resolve) => browser.once("exit", resolve));
  // The browser's children may still be writing their last lines; what stays behind then is no fault of the house.
  try {
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  } catch (error) {
    console.error(`left behind: ${error.message}`);
  }
}
