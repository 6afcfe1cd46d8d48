# For people; .ci/run is what counts.
LINT = go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 200000x

.PHONY: check test fuzz golden bench

check:
	test -z "$$(gofmt -l .)"
	go vet ./...
	$(LINT) run
	go test -run 'Code|Rules|Marks' .

test:
	GOFLAGS="-race -shuffle=on -timeout=19m" $$(grep -m 1 '^go test ' README.md)

fuzz:
	.ci/fuzz $(FUZZTIME)

golden:
	go test ./mtm/store ./features ./scenarios -update

bench:
	go run ./cmd/bench retrieve
