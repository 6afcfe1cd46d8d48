package maildrop

import "math"

const (
	// MinSyntheticSize is the size of the smallest synthetic message in octets: its
	// header must fit.
	MinSyntheticSize = 512
	// MaxSyntheticSize is the size of the largest.
	MaxSyntheticSize = 1 << 40
	// MostSynthetic is the largest count of messages, arrivals included.
	MostSynthetic = math.MaxInt32
)

// SyntheticOptions describes a generated mailbox. ParseSynthetic reads it from text.
type SyntheticOptions struct {
	// Count of messages in the first session.
	Count int
	// Size of each message in octets, CRLFs included: at least MinSyntheticSize,
	// at most MaxSyntheticSize. Default: 8 KiB.
	Size int64
	// Sigma above 0 spreads the sizes: their logarithms are normal around that
	// of Size, the median, with this standard deviation. At most 8.
	Sigma float64
	// Table names the table of sizes: "office", which is built in, or a file with one
	// size per line or the output of LIST. Each size is as frequent as in the table.
	Table string
	// Least and Most limit the sizes of Sigma and Table. Defaults: the smallest size
	// of the mix, and MaxSyntheticSize.
	Least, Most int64
	// Seed of the content.
	Seed uint64
	// Mix names the kind of messages; Mixes lists the names. Default: plain.
	Mix string

	// After each session Expire messages with the lowest numbers are removed (deleted
	// ones count too), or ExpirePercent of all messages, chosen by the seed and the
	// session's number; then Arrive new ones are added.
	Arrive, Expire, ExpirePercent int
	// Shuffle changes the order of the mailbox in each session after the first.
	Shuffle bool
}
