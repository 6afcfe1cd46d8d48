package hold_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/hold"
)

// The environment of a test binary that stands in for a second process.
const (
	childRole = "HOLD_CHILD" // what it does
	childDir  = "HOLD_DIR"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		os.Exit(child(role, hold.Place{Dir: os.Getenv(childDir), Name: "7"}))
	}
	os.Exit(m.Run())
}

func TestHold(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "hold")
}

// child returns the second process: it says what it has done in a line, and goes on when its
// standard input ends.
func child(role string, place hold.Place) int {
	switch role {
	case "hold":
		h, err := place.Take(context.Background(), 0)
		if err == nil {
			err = h.SetConnected(true)
		}
		fmt.Println(os.Getpid(), err)
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "sleep":
		fmt.Println("here")
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "count": // takes it again and again, and counts where only the holder may
		rounds, _ := strconv.Atoi(os.Getenv("HOLD_ROUNDS"))
		if err := count(place, rounds); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	return 0
}

// count adds one to the number in a file, without a lock of its own.
func count(place hold.Place, rounds int) error {
	name := place.Dir + "/number"
	for range rounds {
		h, err := place.Take(context.Background(), 1<<62)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) {
			return err
		}
		n, _ := strconv.Atoi(string(text))
		if err := os.WriteFile(name, []byte(strconv.Itoa(n+1)), 0o600); err != nil {
			return err
		}
		if err := h.Release(); err != nil {
			return err
		}
	}
	return nil
}
