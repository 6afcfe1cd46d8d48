// A POP3 server that misbehaves as a test asks, with a mailbox for each test.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

// start starts a simulator that ends when this process does.
export async function start() {
  const args = ["serve", "--pop3", "127.0.0.1:0", "--http", "127.0.0.1:0", "--json", "--quiet", "--exit-on-stdin-eof"];
  const server = spawn("pop3sim", args, { stdio: ["pipe", "pipe", "inherit"] });
  const failed = new Promise((_, reject) => server.once("error", reject).once("exit", (code) => reject(new Error(`pop3sim ended with status ${code}`))));
  failed.catch(() => {});
  const lines = createInterface({ input: server.stdout });
  const line = await Promise.race([new Promise((resolve) => lines.once("line", resolve)), failed]);
  return { api: `http://${JSON.parse(line).http}/api/v1`, stop: () => server.stdin.end() };
}

async function call(method, url, body) {
  const answer = await fetch(url, { method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${text}`);
  return text ? JSON.parse(text) : undefined;
}

// mailbox creates a mailbox with a user of its own.
export async function mailbox({ api }) {
  const user = await call("POST", `${api}/users`, {});
  const mine = (method, path, body) => call(method, `${api}/users/${user.name}${path}`, body);
  const at = user.pop3.lastIndexOf(":");
  return {
    host: user.pop3.slice(0, at),
    port: Number(user.pop3.slice(at + 1)),
    name: user.name,
    password: user.password,
    addMail: (...messages) => mine("POST", "/messages", messages),
    addRule: (rule) => mine("POST", "/rules", rule),
    play: (scenario) => mine("PUT", "/scenario", typeof scenario === "string" ? { name: scenario } : scenario),
    expect: (expected) => mine("PUT", "/expect", expected),
    wait: (event, timeout = "10s") => mine("POST", "/wait", { for: event, timeout }),
    uids: async () => (await mine("GET", "/messages")).messages.map((m) => m.uid),
    verdict: () => mine("GET", "/verdict"),
    delete: () => mine("DELETE", ""),
  };
}
