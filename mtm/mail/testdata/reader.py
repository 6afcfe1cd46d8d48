"""Reads the messages named on standard input with Python's email package and prints what each says, a JSON object a line."""
import email, email.policy, email.utils, datetime, json, sys


def first(call):
    try:
        return call()
    except Exception as e:  # the package raises many kinds on odd mail
        return "raises " + type(e).__name__


def addresses(message, name):
    out = []
    for value in message.get_all(name, []):
        out += [a.addr_spec for a in value.addresses]
    return out


def date(message):
    value = message["date"]
    if value is None or value.datetime is None:
        return ""
    when = value.datetime
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.timezone.utc)
    return when.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def text(message):
    part = message.get_body(("plain",))
    return "" if part is None else part.get_content()


def files(message):
    out = []
    for part in message.walk():
        if part.is_multipart() or part.get_content_disposition() != "attachment" and not part.get_filename():
            continue
        out.append([part.get_filename() or "", len(part.get_payload(decode=True) or b"")])
    return out


for path in sys.stdin.read().splitlines():
    with open(path, "rb") as f:
        message = email.message_from_bytes(f.read(), policy=email.policy.default)
    json.dump({
        "subject": first(lambda: str(message["subject"] or "")),
        "from": first(lambda: addresses(message, "from")), "to": first(lambda: addresses(message, "to")),
        "date": first(lambda: date(message)), "text": first(lambda: text(message)), "files": first(lambda: files(message)),
    }, sys.stdout)
    print()
