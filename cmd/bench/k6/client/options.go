package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/common"
	"go.k6.io/k6/lib/types"
)

// taker reads the value of an option.
type taker func(v sobek.Value) error

// takeOptions reads an object whose keys must be known.
func takeOptions(rt *sobek.Runtime, v sobek.Value, known map[string]taker) error {
	if common.IsNullish(v) {
		return nil
	}
	if _, ok := v.Export().(map[string]any); !ok {
		return fmt.Errorf("the options must be an object, not %s", kindOf(v))
	}
	o := v.ToObject(rt)
	for _, key := range o.Keys() {
		take := known[key]
		if take == nil {
			return fmt.Errorf("unknown option %q: known are %s", key, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		value := o.Get(key)
		if sobek.IsUndefined(value) {
			continue
		}
		if err := take(value); err != nil {
			return err
		}
	}
	return nil
}

// How a connection is protected.
const (
	noTLS       = "none"
	stlsTLS     = "stls"
	implicitTLS = "implicit"
)

// settings holds the options of connect.
type settings struct {
	tls     string
	ca      *x509.CertPool
	name    string // in the certificate; "" is the host
	timeout time.Duration
	window  int
	tags    map[string]string
}

const (
	mostWindow  = 10_000
	longestWait = time.Hour
	mostTags    = 20
)

// settingsOf reads the options of connect.
func settingsOf(rt *sobek.Runtime, v sobek.Value) (settings, error) {
	s := settings{tls: noTLS}
	err := takeOptions(rt, v, map[string]taker{
		"tls":     s.takeTLS,
		"ca":      s.takeCA,
		"timeout": s.takeTimeout,
		"tags":    func(v sobek.Value) error { return s.takeTags(rt, v) },
		"name": func(v sobek.Value) (err error) {
			s.name, err = textOf(v, "name")
			return err
		},
		"window": func(v sobek.Value) error {
			n, err := wholeOf(v, "window", 1, mostWindow)
			s.window = int(n)
			return err
		},
	})
	if err == nil && s.tls == noTLS && (s.ca != nil || s.name != "") {
		err = errors.New(`ca and name need tls: "stls" or "implicit"`)
	}
	return s, err
}

func (s *settings) takeTLS(v sobek.Value) (err error) {
	if s.tls, err = textOf(v, "tls"); err != nil {
		return err
	}
	if !slices.Contains([]string{noTLS, stlsTLS, implicitTLS}, s.tls) {
		return fmt.Errorf(`tls must be "none", "stls" or "implicit", not %q`, s.tls)
	}
	return nil
}

func (s *settings) takeCA(v sobek.Value) error {
	text, err := textOf(v, "ca")
	if err != nil {
		return err
	}
	s.ca = x509.NewCertPool()
	if !s.ca.AppendCertsFromPEM([]byte(text)) {
		return errors.New("ca has no certificate in PEM form: pass the content of the file, as open() returns it")
	}
	return nil
}

func (s *settings) takeTimeout(v sobek.Value) error {
	d, err := types.GetDurationValue(v.Export())
	if err != nil {
		return fmt.Errorf(`timeout must be a time such as "30s" or a number of milliseconds: %w`, err)
	}
	if d <= 0 || d > longestWait {
		return fmt.Errorf("timeout must be above 0 and at most %v, not %v", longestWait, d)
	}
	s.timeout = d
	return nil
}

func (s *settings) takeTags(rt *sobek.Runtime, v sobek.Value) error {
	if _, ok := v.Export().(map[string]any); !ok {
		return fmt.Errorf("tags must be an object, not %s", kindOf(v))
	}
	o := v.ToObject(rt)
	if len(o.Keys()) > mostTags {
		return fmt.Errorf("tags has %d keys, more than %d", len(o.Keys()), mostTags)
	}
	s.tags = map[string]string{}
	for _, key := range o.Keys() {
		if slices.Contains([]string{"", VerbTag, KindTag, ServerTag}, key) {
			return fmt.Errorf("tags must not set %q", key)
		}
		s.tags[key] = o.Get(key).String()
	}
	return nil
}

// config returns the client's side of TLS. It begins with what k6's own options say.
func (s *settings) config(base *tls.Config, host string) *tls.Config {
	c := &tls.Config{}
	if base != nil {
		c = base.Clone()
	}
	c.ServerName, c.NextProtos = host, nil
	if s.name != "" {
		c.ServerName = s.name
	}
	if s.ca != nil {
		c.RootCAs = s.ca
	}
	return c
}

// hostOf returns the host of an address HOST:PORT.
func hostOf(address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil || host == "" {
		return "", fmt.Errorf("the address must be HOST:PORT, such as 127.0.0.1:1110, not %q", address)
	}
	return host, nil
}
