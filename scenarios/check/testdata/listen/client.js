// Checks a small POP3 client from inside this process: node client.js CHECK-COMMAND...
const { spawn } = require("child_process");
const net = require("net");
const readline = require("readline");

async function fetch(ask, stored) {
  const socket = net.connect(ask.port, ask.host);
  socket.setEncoding("latin1");
  socket.setTimeout(5000, () => socket.destroy(new Error("timed out")));
  let text = "";
  let wake = () => {};
  let ended = null;
  socket.on("data", (s) => { text += s; wake(); });
  socket.on("error", (e) => { ended = e; wake(); });
  socket.on("close", () => { ended = ended || new Error("the connection ended"); wake(); });
  const until = async (end) => {
    for (;;) {
      const at = text.indexOf(end);
      if (at >= 0) {
        const got = text.slice(0, at + end.length);
        text = text.slice(at + end.length);
        return got;
      }
      if (ended) throw ended;
      await new Promise((resolve) => { wake = resolve; });
    }
  };
  const command = async (line) => {
    if (line) socket.write(line + "\r\n");
    const status = await until("\r\n");
    if (!status.startsWith("+OK")) throw new Error(status.trim());
  };
  const body = async () => {
    text = "\r\n" + text; // the closing dot may come first
    return (await until("\r\n.\r\n")).slice(2, -3).replace(/^\./, "").replace(/\r\n\./g, "\r\n");
  };
  await command("");
  await command("USER " + ask.user);
  await command("PASS " + ask.password);
  await command("LIST");
  const rows = (await body()).split("\r\n").length - 1;
  for (let n = 1; n <= rows; n++) {
    await command("RETR " + n);
    stored.push(Buffer.from(await body(), "latin1"));
    await command("DELE " + n);
  }
  await command("QUIT");
  socket.end();
}

const check = spawn(process.argv[2], process.argv.slice(3), { stdio: ["pipe", "pipe", "inherit"] });
check.on("exit", (status) => process.exit(status));
let stored = [];
(async () => {
  for await (const line of readline.createInterface({ input: check.stdout })) {
    const ask = JSON.parse(line);
    if (ask.report) {
      for (const c of ask.report.cases) console.log(c.id, c.result, c.class);
      break;
    }
    if (!ask.again) stored = [];
    let error = "";
    try {
      await fetch(ask, stored);
    } catch (e) {
      error = String(e);
    }
    const answer = { visit: ask.visit, error, stored: stored.map((m) => m.toString("base64")) };
    check.stdin.write(JSON.stringify(answer) + "\n");
  }
})();
