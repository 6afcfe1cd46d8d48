package store

import (
	"context"
	"fmt"
	"strings"
)

// Fact is the name of a fact about an account's server or its use. Its value is a number; the
// constants say what it means. Facts are deleted with the service's entry. A damaged index may
// contain unknown facts.
type Fact string

// The facts and the meanings of their values.
const (
	FactReusesIDs     Fact = "reuses-ids"     // 1: a unique-id was used for another message than before
	FactSizesChange   Fact = "sizes-change"   // successive sessions in which LIST gave most known messages another size, or no size
	FactSizesEstimate Fact = "sizes-estimate" // 1: LIST's sizes are wrong (QUIRK 42)
	FactNoTop         Fact = "no-top"         // TOP is not listed; 1: the server refused it, 2: the server closes the connection at it (QUIRK 100)
	FactNoStat        Fact = "no-stat"        // 1: STAT was refused in the last session (QUIRK 109)
	FactGetAsked      Fact = "get-asked"      // a get of new mail has begun, or QUIT of a move is not answered; the largest size that it fetches, 0 for any
	FactPopulateAsked Fact = "populate-asked" // the same for a populate
)

// Facts returns the facts about a service, or an empty map. The caller owns the map.
func (s *Store) Facts(ctx context.Context, service ID) (map[Fact]int64, error) {
	facts := make(map[Fact]int64)
	err := s.index.read(ctx, func(c *conn) error {
		return c.query(ctx, "SELECT name, value FROM facts WHERE service = ?",
			func(row cells) error { facts[Fact(row.text(0))] = row.int(1); return nil }, service)
	})
	return facts, err
}

// Breaks returns how many sessions each message directly below parent has broken, without those
// that broke none.
func (s *Store) Breaks(ctx context.Context, parent ID) (map[ID]int, error) {
	visits := make(map[ID]int)
	err := s.index.read(ctx, func(c *conn) error {
		return c.query(ctx, `SELECT entry, visits FROM breaks CROSS JOIN entries ON entries.id = breaks.entry
			WHERE entries.parent = ?`,
			func(row cells) error { visits[ID(row.int(0))] = int(row.int(1)); return nil }, parent)
	})
	return visits, err
}

// remembered returns the facts and breaks of all entries as texts for Dump.
func (c *conn) remembered(ctx context.Context) (map[ID]string, error) {
	facts := make(map[ID][]string)
	err := c.query(ctx, "SELECT service, name, value FROM facts ORDER BY service, name", func(row cells) error {
		id := ID(row.int(0))
		facts[id] = append(facts[id], fmt.Sprintf("%s=%d", row.text(1), row.int(2)))
		return nil
	})
	lines := make(map[ID]string, len(facts))
	for id, texts := range facts {
		lines[id] = fmt.Sprintf(" facts=%q", strings.Join(texts, " "))
	}
	if err != nil {
		return nil, err
	}
	err = c.query(ctx, "SELECT entry, visits FROM breaks", func(row cells) error {
		lines[ID(row.int(0))] += fmt.Sprintf(" breaks=%d", row.int(1))
		return nil
	})
	return lines, err
}
