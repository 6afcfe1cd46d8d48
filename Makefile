# For people; .ci/run is what counts.
LINT = go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 200000x

.PHONY: check test fuzz golden bench matrix

check:
	test -z "$$(gofmt -l .)"
	go vet ./...
	$(LINT) run
	go test -run 'Code|Rules|Marks|Words' .
	go test ./tools/rules

test:
	.ci/race $$(grep -m 1 '^go test ' README.md)

fuzz:
	.ci/fuzz $(FUZZTIME)

golden:
	go test ./mtm ./mtm/store ./cmd/mtm ./fakeserver/control ./features ./scenarios -update

bench:
	go run ./cmd/bench retrieve

# The clients have to be installed; node-pop3 and yapople by npm, with NODE_PATH set to their node_modules.
matrix:
	go build -o bin/ ./cmd/...
	PATH="$$PWD/bin:$$PATH" pop3sim check matrix mtm curl mpop fetchmail fetchmail-bsmtp getmail poplib node-pop3 yapople \
		--out docs/client-matrix.md --html docs/client-matrix.html
