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
	$$(grep -m 1 '^go test ' README.md)

fuzz:
	go test -list '^Fuzz' ./... | awk '/^Fuzz/ { names[++n] = $$1 } /^ok/ { for (i = 1; i <= n; i++) print $$2, names[i]; n = 0 }' | \
	while read -r package target; do go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package" || exit 1; done

golden:
	go test ./mtm/store ./features -update

bench:
	go run ./cmd/bench retrieve
