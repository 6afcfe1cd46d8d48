import os, poplib, ssl, sys

host, port, user, folder, tls, ca = sys.argv[1:7]
password = sys.stdin.read()


def login():
    if tls:
        context = ssl.create_default_context(cafile=ca or None)
    if tls == "implicit":
        session = poplib.POP3_SSL(host, int(port), context=context)
    else:
        session = poplib.POP3(host, int(port))
    if tls == "stls":
        session.stls(context)
    session.user(user)
    session.pass_(password)
    return session


session = login()
for number in range(1, session.stat()[0] + 1):
    try:
        lines = session.retr(number)[1]
    except poplib.error_proto as error:
        print(f"{number}: {error}")
        session.close()
        session = login()
        continue
    with open(os.path.join(folder, str(number)), "wb") as file:
        file.write(b"".join(line + b"\r\n" for line in lines))
session.quit()
