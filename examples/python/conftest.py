"""A pytest fixture: a POP3 server that misbehaves as a test asks, with a mailbox for each test."""

import json
import subprocess
import urllib.error
import urllib.request

import pytest


class Mailbox:
    """A mailbox with a user of its own. The client under test logs in with name and password."""

    def __init__(self, api, **wanted):
        self._api = api
        made = self._call("POST", "/users", wanted)
        self.name, self.password = made["name"], made["password"]
        host, _, port = made["pop3"].rpartition(":")
        self.host, self.port = host, int(port)

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._api + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from None
        return json.loads(text) if text else None

    def _mine(self, method, path, body=None):
        return self._call(method, f"/users/{self.name}{path}", body)

    def add_mail(self, *messages):
        """Add messages, such as {"file": "plain.eml", "uidl": "a1"} or {"size": "64KiB"}."""
        return self._mine("POST", "/messages", list(messages))

    def add_rule(self, **rule):
        """Make the server misbehave: on="RETR 2", times=1, do=[{"cut": {"after": 200, "how": "reset"}}]."""
        return self._mine("POST", "/rules", rule)

    def play(self, scenario):
        """Play a scenario: a name of `pop3sim scenarios list`, or a scenario as a dict."""
        return self._mine("PUT", "/scenario", {"name": scenario} if isinstance(scenario, str) else scenario)

    def expect(self, **expected):
        """Say what a good client does: kept=["a1"], never=["DELE"], sessions=2."""
        return self._mine("PUT", "/expect", expected)

    def wait(self, timeout="10s", **event):
        """Wait for something: command="DELE 1", ended=1, gone="a1", count=0."""
        return self._mine("POST", "/wait", {"for": event, "timeout": timeout})

    def uids(self):
        return [message["uid"] for message in self._mine("GET", "/messages")["messages"]]

    def judge(self):
        """Fail the test when the client did not do what was expected."""
        verdict = self._mine("GET", "/verdict")
        assert verdict["result"] == "pass", json.dumps(verdict, indent=2)

    def delete(self):
        self._mine("DELETE", "")


@pytest.fixture(scope="session")
def pop3sim():
    """The API of a simulator that lives as long as the tests."""
    command = ["pop3sim", "serve", "--pop3", "127.0.0.1:0", "--http", "127.0.0.1:0", "--json", "--quiet", "--exit-on-stdin-eof"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        where = json.loads(server.stdout.readline())
        yield f"http://{where['http']}/api/v1"
        server.stdin.close()


@pytest.fixture
def mailbox(pop3sim):
    """An empty mailbox for one test."""
    box = Mailbox(pop3sim)
    yield box
    box.delete()
