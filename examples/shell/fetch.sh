#!/bin/sh
# Tests a client from a shell, here curl. The simulator ends with this script, however that ends.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

pop3sim serve --pop3 127.0.0.1:0 --http 127.0.0.1:0 --ready-file "$dir/ready.json" --quiet --exit-with-parent &
pop3sim ready --wait 1m --ready-file "$dir/ready.json"
api=http://$(pop3sim ready --ready-file "$dir/ready.json" --show http)/api/v1
pop3=pop3://$(pop3sim ready --ready-file "$dir/ready.json" --show pop3)

# call METHOD PATH [BODY] prints the answer of the API, or fails.
call() {
	curl -sS --fail-with-body -X "$1" "$api$2" -H 'Content-Type: application/yaml' --data-binary "${3:-}"
}

curl -sS --fail-with-body "$api/users" -H 'Content-Type: application/json' -d '{"name": "ann", "password": "secret"}' >/dev/null
call POST /users/ann/messages '[{file: plain.eml, uidl: a1}, {file: html.eml, uidl: a2}]' >/dev/null
call POST /users/ann/rules '{on: RETR 2, times: 1, do: [{cut: {after: 200, how: reset}}]}' >/dev/null
call PUT /users/ann/expect '{kept: [a1, a2], never: [DELE], sessions: 2}' >/dev/null

! curl -s -u ann:secret "$pop3/2" -o "$dir/half.eml" # the connection drops
curl -sS -u ann:secret "$pop3/2" -o "$dir/whole.eml"
grep -q '^Subject: Which red for the stripes?' "$dir/whole.eml"

# The verdict is text, JSON, JUnit or TAP.
curl -sS "$api/users/ann/verdict" -H 'Accept: text/plain' | tee "$dir/verdict"
grep -q 'all expectations met' "$dir/verdict"
