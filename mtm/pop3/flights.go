package pop3

// flight is one command in flight: sent, and not yet answered.
type flight struct {
	index   int   // of the message in the run; for a probe, of the message after it
	number  int   // of the message; 0 for a probe
	length  int   // octets of the command
	size    int64 // in LIST; 0 when unknown
	telling bool  // a reply of this size is proven by it
	alone   bool  // only a probe is in flight with it, and all earlier replies are proven
	probed  bool  // a probe follows directly
	compare bool  // compare its octets with the previous message's, since sizes cannot tell them apart
}

// flights holds the commands in flight, oldest first.
type flights struct {
	list     []flight
	head     int
	octets   int   // of the commands
	expected int64 // octets of the messages, from LIST
	messages int
	probes   int
}

func (f *flights) empty() bool { return f.head == len(f.list) }

// front returns the command that the next reply answers.
func (f *flights) front() *flight { return &f.list[f.head] }

func (f *flights) push(one flight) {
	if f.head > 0 && f.head == len(f.list) {
		f.list, f.head = f.list[:0], 0
	}
	if f.head > 0 && len(f.list) == cap(f.list) { // reuse the front rather than grow
		f.list = f.list[:copy(f.list, f.list[f.head:])]
		f.head = 0
	}
	f.list = append(f.list, one)
	f.count(one, 1)
}

// pop removes the oldest command.
func (f *flights) pop() {
	f.count(f.list[f.head], -1)
	f.head++
}

func (f *flights) count(one flight, by int) {
	f.octets += by * one.length
	f.expected += int64(by) * one.size
	if one.number > 0 {
		f.messages += by
	} else {
		f.probes += by
	}
}

func (f *flights) clear() { *f = flights{list: f.list[:0]} }
