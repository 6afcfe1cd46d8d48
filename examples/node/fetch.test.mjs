// Tests of a client, here one of thirty lines. Yours is tested in the same way.
import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { after, before, test } from "node:test";
import { mailbox, start } from "./pop3sim.mjs";

// move moves all mail from the server into keep, a Map by unique-id.
async function move(box, keep) {
  const socket = createConnection(box.port, box.host);
  socket.setTimeout(10_000, () => socket.destroy(new Error("the server is silent")));
  let text = "";
  const chunks = socket[Symbol.asyncIterator]();
  const until = async (end) => {
    while (!text.includes(end)) {
      const { value, done } = await chunks.next();
      if (done) throw new Error("the connection has dropped");
      text += value.toString("latin1");
    }
    const at = text.indexOf(end) + end.length;
    const answer = text.slice(0, at);
    text = text.slice(at);
    if (!answer.startsWith("+OK")) throw new Error(answer);
    return answer;
  };
  const say = (command, end = "\r\n") => {
    socket.write(command + "\r\n");
    return until(end);
  };
  try {
    await until("\r\n");
    await say("USER " + box.name);
    await say("PASS " + box.password);
    const rows = (await say("UIDL", "\r\n.\r\n")).split("\r\n").slice(1, -2);
    for (const [number, uid] of rows.map((row) => row.split(" "))) {
      if (!keep.has(uid)) keep.set(uid, await say("RETR " + number, "\r\n.\r\n"));
      await say("DELE " + number);
    }
    await say("QUIT");
  } finally {
    socket.destroy();
  }
}

let simulator;
before(async () => { simulator = await start(); });
after(() => simulator.stop());

test("moves all mail", async () => {
  const box = await mailbox(simulator);
  await box.addMail({ file: "plain.eml", uidl: "a1" }, { file: "html.eml", uidl: "a2" });
  await box.expect({ kept: [], sessions: 1 });
  const kept = new Map();
  await move(box, kept);
  assert.deepEqual([...kept.keys()], ["a1", "a2"]);
  const verdict = await box.verdict();
  assert.equal(verdict.result, "pass", JSON.stringify(verdict));
});

test("loses nothing when the connection drops", async () => {
  const box = await mailbox(simulator);
  await box.addMail({ file: "plain.eml", uidl: "a1" }, { file: "html.eml", uidl: "a2" });
  await box.addRule({ on: "RETR 2", times: 1, do: [{ cut: { after: 200, how: "reset" } }] });
  await box.expect({ kept: [], sessions: 2 });
  const kept = new Map();
  await assert.rejects(move(box, kept));
  assert.deepEqual(await box.uids(), ["a1", "a2"], "nothing may be deleted without QUIT");
  await move(box, kept);
  assert.deepEqual([...kept.keys()], ["a1", "a2"]);
  const verdict = await box.verdict();
  assert.equal(verdict.result, "pass", JSON.stringify(verdict));
});
