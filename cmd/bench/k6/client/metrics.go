package client

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"time"

	"go.k6.io/k6/lib"
	"go.k6.io/k6/metrics"

	"pop3mtm/mtm/pop3"
)

// Names of metrics and of their tags.
const (
	DurationMetric = "pop3_command_duration"
	OctetsMetric   = "pop3_octets"
	MessagesMetric = "pop3_messages"
	ErrorsMetric   = "pop3_errors"

	VerbTag   = "verb"
	KindTag   = "kind"
	ServerTag = "server"
)

// Values of the tag verb for connecting and for the TLS handshake. Their durations and errors are
// measured like those of commands.
const (
	verbConnect = "CONNECT" // until the greeting has come
	verbTLS     = "TLS"     // the handshake
)

// measures holds the metrics of the module.
type measures struct {
	duration, octets, messages, errors *metrics.Metric
}

// register adds the metrics to k6's, or finds them there.
func register(r *metrics.Registry) (*measures, error) {
	var m measures
	var all []error
	add := func(to **metrics.Metric, name string, kind metrics.MetricType, of metrics.ValueType) {
		one, err := r.NewMetric(name, kind, of)
		*to, all = one, append(all, err)
	}
	add(&m.duration, DurationMetric, metrics.Trend, metrics.Time)
	add(&m.octets, OctetsMetric, metrics.Counter, metrics.Data)
	add(&m.messages, MessagesMetric, metrics.Counter, metrics.Default)
	add(&m.errors, ErrorsMetric, metrics.Counter, metrics.Default)
	return &m, errors.Join(all...)
}

// mostSamples limits the samples that wait to be handed to k6.
const mostSamples = 1000

// meter collects what one session measures, and hands it to k6 in batches.
type meter struct {
	*measures
	state  *lib.State
	tags   *metrics.TagSet // of the session
	meta   map[string]string
	verbs  map[string]*metrics.TagSet
	kept   metrics.Samples
	octets int64 // not yet among the samples, as are messages
	mails  int64
}

// newMeter returns the meter of a session with a server.
func newMeter(m *measures, state *lib.State, server string, tags map[string]string) *meter {
	now := state.Tags.GetCurrentValues()
	all := now.Tags.With(ServerTag, server)
	for key, value := range tags {
		all = all.With(key, value)
	}
	return &meter{measures: m, state: state, tags: all, meta: now.Metadata, verbs: map[string]*metrics.TagSet{}}
}

// took records how long a command took.
func (m *meter) took(verb string, d time.Duration) {
	tags := m.verbs[verb]
	if tags == nil {
		tags = m.tags.With(VerbTag, verb)
		m.verbs[verb] = tags
	}
	m.add(m.duration, tags, time.Now(), metrics.D(d))
	if len(m.kept) >= mostSamples {
		m.flush()
	}
}

// message records a whole message.
func (m *meter) message(octets int64) {
	m.mails++
	m.octets += octets
}

// failed counts an error of a kind.
func (m *meter) failed(verb, kind string) {
	m.add(m.errors, m.tags.With(VerbTag, verb).With(KindTag, kind), time.Now(), 1)
}

func (m *meter) add(of *metrics.Metric, tags *metrics.TagSet, at time.Time, value float64) {
	m.kept = append(m.kept, metrics.Sample{
		TimeSeries: metrics.TimeSeries{Metric: of, Tags: tags}, Time: at, Metadata: m.meta, Value: value,
	})
}

// flush hands the samples to k6, also when the iteration is being interrupted: what has arrived
// has arrived. k6 reads the channel until every VU has ended.
func (m *meter) flush() {
	if m.mails > 0 {
		now := time.Now()
		m.add(m.messages, m.tags, now, float64(m.mails))
		m.add(m.measures.octets, m.tags, now, float64(m.octets))
		m.mails, m.octets = 0, 0
	}
	if len(m.kept) == 0 {
		return
	}
	m.state.Samples <- m.kept
	m.kept = nil // k6 owns them now
}

// Kinds of errors.
const (
	kindConnect  = "connect"  // no connection
	kindTLS      = "tls"      // the handshake failed
	kindClosed   = "closed"   // the server ended the connection, or the network did
	kindTimeout  = "timeout"  // the server was silent
	kindProtocol = "protocol" // the reply was invalid
	kindLogin    = "login"    // the login was refused
	kindInUse    = "in_use"   // another session has the mailbox
	kindRefused  = "refused"  // another command was refused
	kindWrong    = "wrong"    // other octets than those of the synthetic mailbox
)

// errorKind returns the kind of an error of the server or the line, or "" for one that is neither:
// a wrong argument, or the end of the iteration.
func errorKind(ctx context.Context, verb string, err error) string {
	var line *pop3.LineError
	var protocol *pop3.ProtocolError
	var secured *pop3.TLSError
	var certificate *tls.CertificateVerificationError
	var reply *pop3.ReplyError
	var auth *pop3.AuthError
	switch {
	case ctx.Err() != nil, errors.Is(err, pop3.ErrArgument), errors.Is(err, pop3.ErrClosed):
		return ""
	case errors.As(err, &secured), errors.As(err, &certificate):
		return kindTLS
	case errors.As(err, &line) && line.Timeout():
		return kindTimeout
	case errors.As(err, &line), errors.Is(err, io.ErrUnexpectedEOF):
		return kindClosed
	case errors.As(err, &protocol):
		return kindProtocol
	case errors.Is(err, pop3.ErrInUse):
		return kindInUse
	case errors.As(err, &auth), errors.Is(err, pop3.ErrNoTimestamp), errors.Is(err, pop3.ErrBadTimestamp):
		return kindLogin
	case errors.As(err, &reply):
		switch verb {
		case "USER", "PASS", "APOP", "AUTH":
			return kindLogin
		}
		return kindRefused
	case verb == verbConnect:
		return kindConnect
	}
	return ""
}
