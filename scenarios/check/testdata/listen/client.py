"""Checks Python's poplib from inside this process: python3 client.py CHECK-COMMAND..."""
import base64
import json
import poplib
import subprocess
import sys


def fetch(ask, stored):
    box = poplib.POP3(ask["host"], ask["port"], timeout=5)
    box.user(ask["user"])
    box.pass_(ask["password"])
    for n in range(1, len(box.list()[1]) + 1):
        stored.append(b"\r\n".join(box.retr(n)[1]) + b"\r\n")
        box.dele(n)
    box.quit()


check = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
stored = []
for line in check.stdout:
    ask = json.loads(line)
    if "report" in ask:
        for case in ask["report"]["cases"]:
            print(case["id"], case["result"], case["class"])
        break
    if not ask["again"]:
        stored = []
    error = ""
    try:
        fetch(ask, stored)
    except Exception as e:
        error = repr(e)
    answer = {"visit": ask["visit"], "error": error, "stored": [base64.b64encode(m).decode() for m in stored]}
    check.stdin.write(json.dumps(answer) + "\n")
    check.stdin.flush()
sys.exit(check.wait())
