package control

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"pop3mtm/fakeserver"
)

// metrics converts the counts of all servers for Prometheus when it requests them, so that they
// cost sessions nothing.
type metrics struct {
	service                                                   *Service
	users, stored, waiting                                    *prometheus.Desc
	sessions, open, refused, received, sent, commands, faults *prometheus.Desc
	commandTimes, sessionTimes                                *prometheus.Desc
}

func newMetrics(s *Service) *metrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("pop3sim_"+name, help, labels, nil)
	}
	return &metrics{
		service:      s,
		users:        desc("users", "Users who exist."),
		stored:       desc("stored_octets", "Octets of the messages of all users, including those that a reset restores."),
		waiting:      desc("http_waiting", "Requests that wait, or follow events."),
		sessions:     desc("sessions_total", "POP3 sessions so far."),
		open:         desc("sessions_open", "POP3 sessions that are open."),
		refused:      desc("sessions_refused_total", "Clients refused because too many sessions were open."),
		received:     desc("received_octets_total", "Octets of clients' commands."),
		sent:         desc("sent_octets_total", "Octets of replies."),
		commands:     desc("commands_total", "Commands by verb and result: ok (+OK), err (-ERR), or broken (neither).", "verb", "result"),
		faults:       desc("faults_total", "Answers that came from rules."),
		commandTimes: desc("command_duration_seconds", "Time from a command to the last octet of its reply."),
		sessionTimes: desc("session_duration_seconds", "Time from connecting to the end of a session."),
	}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.users, m.stored, m.waiting, m.sessions, m.open, m.refused, m.received, m.sent, m.commands, m.faults, m.commandTimes, m.sessionTimes} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	s := m.service.counts.total()
	number := func(d *prometheus.Desc, kind prometheus.ValueType, n int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, float64(n), labels...)
	}
	number(m.users, prometheus.GaugeValue, int64(len(m.service.serving.Load().Users())))
	number(m.stored, prometheus.GaugeValue, m.service.octets.Load())
	number(m.waiting, prometheus.GaugeValue, m.service.waiting.Load())
	number(m.sessions, prometheus.CounterValue, s.Sessions)
	number(m.open, prometheus.GaugeValue, s.Open)
	number(m.refused, prometheus.CounterValue, s.Refused)
	number(m.received, prometheus.CounterValue, s.Received)
	number(m.sent, prometheus.CounterValue, s.Sent)
	number(m.faults, prometheus.CounterValue, s.Faults)
	for _, c := range s.Commands {
		number(m.commands, prometheus.CounterValue, c.OK, c.Verb, "ok")
		number(m.commands, prometheus.CounterValue, c.Refused, c.Verb, "err")
		number(m.commands, prometheus.CounterValue, c.Broken, c.Verb, "broken")
	}
	to <- histogram(m.commandTimes, s.CommandTimes)
	to <- histogram(m.sessionTimes, s.SessionTimes)
}

func histogram(d *prometheus.Desc, t fakeserver.Times) prometheus.Metric {
	buckets := map[float64]uint64{}
	for i, bound := range fakeserver.TimeBounds() {
		buckets[bound.Seconds()] = uint64(t.Within[i])
	}
	return prometheus.MustNewConstHistogram(d, uint64(t.Count), t.Sum.Seconds(), buckets)
}

// metricsHandler serves /metrics.
func (s *Service) metricsHandler() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(newMetrics(s), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}
