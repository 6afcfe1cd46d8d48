package ramdisk

import (
	"os"
	"testing"
)

func TestADirectoryThatTheUserChoseStays(t *testing.T) {
	t.Setenv("TMPDIR", "/chosen")
	Use()
	if got := os.TempDir(); got != "/chosen" {
		t.Error(got)
	}
}

func TestTemporaryFilesAreInMemoryWhereItHasRoom(t *testing.T) {
	t.Setenv("TMPDIR", "")
	Use()
	want := os.Getenv("TMPDIR") == place
	if serves(place, room) != want {
		t.Errorf("TMPDIR is %q", os.Getenv("TMPDIR"))
	}
}

func TestAPlaceThatDoesNotServeIsLeft(t *testing.T) {
	for name, dir := range map[string]string{"missing": "/nowhere", "not in memory": "/proc"} {
		if serves(dir, 0) {
			t.Errorf("%s: %s serves", name, dir)
		}
	}
	if serves(place, 1<<62) {
		t.Error("room for 4 EiB")
	}
}
