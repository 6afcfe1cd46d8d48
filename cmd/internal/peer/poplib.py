import os, poplib, sys

host, port, user, folder = sys.argv[1:5]
password = sys.stdin.read()


def login():
    session = poplib.POP3(host, int(port))
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
