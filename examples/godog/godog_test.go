// Package godog_test shows a godog suite that mixes the steps of package features with its own.
// Run it with: go test ./examples/godog
package godog_test

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"testing"

	"github.com/cucumber/godog"

	"pop3mtm/features"
)

func TestMyClient(t *testing.T) {
	suite := godog.TestSuite{
		ScenarioInitializer: initialize,
		Options:             &godog.Options{Format: "progress", Paths: []string{"client.feature"}, Strict: true, TestingT: t},
	}
	if suite.Run() != 0 {
		t.Fatal("a scenario failed; the output above names it")
	}
}

// initialize adds the steps of pop3mtm, and then ours.
func initialize(sc *godog.ScenarioContext) {
	features.InitializeScenario(sc)
	shown, failed := "", error(nil)
	sc.Step(`^my client asks how many messages there are$`, func(ctx context.Context) error {
		server, err := features.Server(ctx)
		if err != nil {
			return err
		}
		shown, failed = count(server.Addr(), features.User, features.Password)
		return nil
	})
	sc.Step(`^my client shows (\d+)$`, func(want string) error {
		if failed == nil && shown != want {
			return fmt.Errorf("it shows %q", shown)
		}
		return failed
	})
	sc.Step(`^my client shows an error$`, func() error {
		if failed == nil {
			return errors.New("it shows none")
		}
		return nil
	})
}

// count is the client that is tested: it returns the first number of STAT.
func count(address, user, password string) (string, error) {
	c, err := textproto.Dial("tcp", address)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	if _, err = c.ReadLine(); err != nil {
		return "", err
	}
	var reply string
	for _, command := range []string{"USER " + user, "PASS " + password, "STAT", "QUIT"} {
		if err = c.PrintfLine("%s", command); err != nil {
			return "", err
		}
		line, err := c.ReadLine()
		if err != nil {
			return "", err
		}
		if !strings.HasPrefix(line, "+OK") {
			return "", errors.New(line)
		}
		if command == "STAT" {
			reply = strings.Fields(line)[1]
		}
	}
	return reply, nil
}
