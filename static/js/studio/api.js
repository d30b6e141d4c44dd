// The public API, called with the session of this page; visitors have a way of their own to it.

const POLL_MS = 150;
const LOOKS_AGAIN = 20;
const AMONG_JOBS = "The result is among your jobs.";
const UNREACHABLE = "The server could not be reached, or the connection broke. Try again.";

export class Failed extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

export class Api {
  constructor(facts, token) {
    this.token = token;
    this.isVisitor = facts.credits === undefined;
  }

  // The result of one service: its picture and what is known of it. `report` is told how far it is.
  async run(service, query, files, report) {
    const base = this.isVisitor ? "/studio/try/" : "/v1/services/";
    const path = address(base + service, query);
    report("uploading", 0);
    const first = this.isVisitor ? await this.post(path, files, {}, report) : await this.placed(path, files, report);
    const envelope = await this.ended(first, report);
    if (envelope.status !== "completed") throw new Failed(envelope.error ?? "It did not work.");
    report("fetching");
    return { blob: await fetchResult(envelope.result.output_url), ...envelope.result };
  }

  // Where the answer is lost, nobody knows whether the job was placed, and charged: asking once more
  // under the same key places no second one.
  async placed(path, files, report) {
    const headers = { Prefer: "respond-async", "Idempotency-Key": newKey() };
    try {
      return await this.post(path, files, headers, report);
    } catch (error) {
      if (error.status) throw error;
      await pause(1000);
      return this.post(path, files, headers, report);
    }
  }

  // The mask of what was pointed at; free, small, and given up when `signal` says so.
  async preview(query, blob, signal) {
    const envelope = await this.post(address("/studio/preview", query), { file: blob }, {}, () => {}, signal);
    if (envelope.status !== "completed") throw new Failed(envelope.error ?? "It did not work.");
    return fetchResult(envelope.result.output_url, signal);
  }

  // Nothing new where it cannot be had: the run has its own words for that.
  async standing() {
    try {
      const answer = await fetch("/studio/balance");
      return answer.ok ? await answer.json() : {};
    } catch {
      return {};
    }
  }

  async ended(envelope, report) {
    const started = performance.now();
    let current = envelope;
    while (current.status === "pending" || current.status === "processing") {
      report(current.status === "pending" ? "queued" : "running", (performance.now() - started) / 1000);
      await pause(POLL_MS);
      current = await this.look(envelope.job_id);
    }
    return current;
  }

  // Nothing of this ends the job, nor is it free: a connection that breaks, a server that is away, too
  // many looks from several tabs. It is looked for again for a while.
  async look(job, left = LOOKS_AGAIN) {
    const { status, text } = await asked(`/v1/jobs/${job}`, { "X-CSRFToken": this.token });
    const body = status === 200 ? parsed(text) : null;
    if (body) return body;
    if (status === 401) throw new Failed(`You are signed out by now. Sign in to go on. ${AMONG_JOBS}`, status);
    const isPassing = !status || status === 200 || status === 429 || status >= 500;
    if (!left || !isPassing) {
      throw new Failed(`The connection broke while the picture was worked on. ${AMONG_JOBS}`);
    }
    await pause(1000);
    return this.look(job, left - 1);
  }

  // XMLHttpRequest, since fetch does not tell how much of an upload is sent.
  post(path, files, headers, report, signal) {
    const form = new FormData();
    for (const [name, file] of Object.entries(files)) form.set(name, file, file.name ?? `${name}.png`);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const started = performance.now();
      let clock;
      const stop = () => clearInterval(clock);
      request.open("POST", path);
      for (const [name, value] of Object.entries({ "X-CSRFToken": this.token, ...headers })) {
        request.setRequestHeader(name, value);
      }
      request.responseType = "text";
      request.upload.onprogress = (event) => report("uploading", event.loaded / event.total);
      request.upload.onload = () => {
        clock = setInterval(() => report("working", (performance.now() - started) / 1000), 100);
      };
      request.onerror = () => (stop(), reject(new Failed(UNREACHABLE)));
      request.onabort = () => (stop(), reject(new DOMException("given up", "AbortError")));
      request.onload = () => {
        stop();
        const body = parsed(request.responseText);
        if (request.status >= 200 && request.status < 300 && body) resolve(body);
        // A proxy's page: it does not know what became of the request either.
        else if (request.status >= 500 && !body) reject(new Failed(UNREACHABLE));
        else reject(new Failed(sentence(body, request.status), request.status));
      };
      signal?.addEventListener("abort", () => request.abort());
      request.send(form);
    });
  }
}

export function address(path, query) {
  const text = Object.entries(query).map(([name, value]) => `${name}=${value}`).join("&");
  return text ? `${path}?${text}` : path;
}

// What went wrong as sentences, the last of which tells that it cost nothing.
export function sentence(body, status) {
  // The API speaks of a key, which nobody on this page has sent.
  if (status === 401) return "You are signed out by now. Sign in to go on. You were not charged.";
  const detail = body?.detail;
  const text = Array.isArray(detail) ? detail.map((part) => part.msg).join(" ") : detail;
  const said = text || `The server answered ${status || "nothing"}.`;
  const ended = /[.!?]$/.test(said) ? said : `${said}.`;
  return /not charged/i.test(ended) ? ended : `${ended} You were not charged.`;
}

// Status 0 for what did not come, or not whole.
async function asked(path, headers) {
  try {
    const answer = await fetch(path, { headers });
    return { status: answer.status, text: await answer.text() };
  } catch {
    return { status: 0, text: "" };
  }
}

async function fetchResult(link, signal) {
  // The public address may be another than the one this page was opened at.
  const { pathname, search } = new URL(link, location.href);
  try {
    const answer = await fetch(pathname + search, { signal });
    if (answer.ok) return await answer.blob();
  } catch (error) {
    if (error.name === "AbortError") throw error;
  }
  throw new Failed(`The result is made, but could not be fetched. ${AMONG_JOBS}`);
}

// Not by randomUUID(), which pages without TLS do not have.
function newKey() {
  const numbers = crypto.getRandomValues(new Uint32Array(4));
  return `studio:${[...numbers].map((number) => number.toString(36)).join("-")}`;
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
