"""Tests of a client, here one of twenty lines. Yours is tested in the same way."""

import poplib


def fetch(box, keep):
    """Move all mail from the server into keep, a dict by unique-id."""
    server = poplib.POP3(box.host, box.port, timeout=10)
    try:
        server.user(box.name)
        server.pass_(box.password)
        _, rows, _ = server.uidl()
        for row in rows:
            number, uid = row.decode().split()
            if uid not in keep:
                _, lines, _ = server.retr(number)
                keep[uid] = b"\r\n".join(lines) + b"\r\n"
            server.dele(number)
        server.quit()
    finally:
        server.close()


def test_moves_all_mail(mailbox):
    mailbox.add_mail({"file": "plain.eml", "uidl": "a1"}, {"file": "dots.eml", "uidl": "a2"})
    mailbox.expect(kept=[], received=["QUIT"], sessions=1)
    kept = {}
    fetch(mailbox, kept)
    assert sorted(kept) == ["a1", "a2"]
    mailbox.judge()


def test_loses_nothing_when_the_line_drops(mailbox):
    mailbox.add_mail({"file": "plain.eml", "uidl": "a1"}, {"file": "html.eml", "uidl": "a2"})
    mailbox.add_rule(on="RETR 2", times=1, do=[{"cut": {"after": 200, "how": "reset"}}])
    mailbox.expect(kept=[], sessions=2)
    kept = {}
    try:
        fetch(mailbox, kept)
        raise AssertionError("the connection did not drop")
    except (OSError, EOFError, poplib.error_proto):
        assert mailbox.uids() == ["a1", "a2"], "nothing may be deleted without QUIT"
    fetch(mailbox, kept)
    assert sorted(kept) == ["a1", "a2"]
    assert b"Which red for the stripes?" in kept["a2"]
    mailbox.judge()
