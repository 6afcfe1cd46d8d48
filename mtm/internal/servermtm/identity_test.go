package servermtm

import (
	"fmt"
	"testing"
	"time"
)

// The rows of judge's table; "any" stands for each value.
type identityRow struct {
	id, size, head, doubt string
	want                  verdict
}

func identityTable() []identityRow {
	return []identityRow{
		{"any", "any", "other unlike", "any", other},
		{"renamed", "same", "same", "any", same},
		{"renamed", "any", "any", "any", other},
		{"none", "same", "same alike", "any", same},
		{"none", "unknown", "same", "any", same},
		{"none", "same", "unasked", "any", ask},
		{"none", "any", "any", "any", other},
		{"same", "any", "same", "any", same},
		{"same", "same void", "unasked", "none", same},
		{"same", "any", "unasked", "any", ask},
		{"same", "same", "refused vague", "none some", same},
		{"same", "unknown void", "refused", "none", same},
		{"same", "same", "alike", "any", same},
		{"same", "unknown void", "alike", "none", same},
		{"same", "any", "any", "any", fetch},
	}
}

var (
	idNames    = map[idMatch]string{idSame: "same", idNone: "none", idRenamed: "renamed"}
	sizeNames  = map[sizeMatch]string{sizeSame: "same", sizeOther: "other", sizeUnknown: "unknown", sizeVoid: "void"}
	doubtNames = map[doubt]string{doubtNone: "none", doubtSome: "some", doubtReused: "reused"}
	headNames  = map[headMatch]string{headUnasked: "unasked", headRefused: "refused", headSame: "same", headOther: "other",
		headAlike: "alike", headVague: "vague", headUnlike: "unlike", headHalf: "half"}
)

func fits(names, name string) bool {
	if names == "any" {
		return true
	}
	var a, b string
	_, _ = fmt.Sscan(names, &a, &b)
	return name == a || name == b
}

func TestEachCombinationOfEvidenceHasTheVerdictOfItsRow(t *testing.T) {
	table := identityTable()
	used := make([]bool, len(table))
	count := 0
	for id, idName := range idNames {
		for size, sizeName := range sizeNames {
			for head, headName := range headNames {
				for d, doubtName := range doubtNames {
					count++
					for i, row := range table {
						if !fits(row.id, idName) || !fits(row.size, sizeName) || !fits(row.head, headName) || !fits(row.doubt, doubtName) {
							continue
						}
						used[i] = true
						if got := judge(id, size, head, d); got != row.want {
							t.Errorf("id %s, size %s, header %s, doubt %s: verdict %d, row %d says %d", idName, sizeName, headName, doubtName, got, i, row.want)
						}
						break
					}
				}
			}
		}
	}
	if count != 3*4*8*3 {
		t.Errorf("%d combinations were tried", count)
	}
	for i, u := range used {
		if !u {
			t.Errorf("row %d never holds: %+v", i, table[i])
		}
	}
}

// A size that does not agree, or an id in doubt, is never enough without the header, and another
// Message-ID never passes.
func TestNoVerdictIsSameWithoutEvidence(t *testing.T) {
	for _, head := range []headMatch{headUnasked, headRefused, headHalf} {
		for _, d := range []doubt{doubtNone, doubtSome, doubtReused} {
			if judge(idSame, sizeOther, head, d) == same {
				t.Errorf("another size passes with header %d, doubt %d", head, d)
			}
		}
		if judge(idSame, sizeUnknown, head, doubtSome) == same {
			t.Errorf("an id alone proves a deletion, header %d", head)
		}
	}
}

func TestHeadersAreComparedByMessageIDAndOnlyWithoutItByOtherFields(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		then, now face
		want      headMatch
	}{
		{face{messageID: "a"}, face{messageID: "a", subject: "read"}, headSame},
		{face{messageID: "a"}, face{messageID: "b"}, headOther},
		{face{messageID: "a"}, face{}, headHalf},
		{face{}, face{messageID: "a"}, headHalf},
		{face{from: "x", subject: "y", date: noon}, face{from: "x", subject: "y", date: noon}, headAlike},
		{face{from: "x", subject: "y", date: noon}, face{from: "x", subject: "y"}, headVague},
		{face{from: "x", subject: "y", date: noon}, face{from: "x", subject: "y", date: noon.Add(time.Second)}, headUnlike},
		{face{from: "x"}, face{from: "z"}, headUnlike},
		{face{subject: "x"}, face{subject: "z"}, headUnlike},
		{face{}, face{}, headVague},
	} {
		if got := compareFaces(c.then, c.now); got != c.want {
			t.Errorf("%+v and %+v: %d, not %d", c.then, c.now, got, c.want)
		}
	}
}

func TestSizesAreComparedWithThoseOfLastTimeAndNothingIsKnownOfZero(t *testing.T) {
	for _, c := range []struct {
		then, now int64
		void      bool
		want      sizeMatch
	}{{5, 5, false, sizeSame}, {5, 6, false, sizeOther}, {0, 5, false, sizeUnknown}, {5, 0, false, sizeUnknown},
		{0, 0, false, sizeUnknown}, {5, 5, true, sizeVoid}, {5, 6, true, sizeVoid}} {
		if got := compareSizes(c.then, c.now, c.void); got != c.want {
			t.Errorf("%d, then %d, void %v: %d, not %d", c.then, c.now, c.void, got, c.want)
		}
	}
}
