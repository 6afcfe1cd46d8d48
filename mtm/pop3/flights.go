package pop3

// flight is one command whose reply is due.
type flight struct {
	index   int   // of the message in the run; for a probe that of the next one
	number  int   // of the message, 0 for a probe
	length  int   // octets of the command
	size    int64 // that LIST says, 0 when that is unknown
	telling bool  // the size is a proof
	alone   bool  // nothing else but a probe is in flight, and all before is proven
	probed  bool  // a probe goes directly behind
	compare bool  // with the message before: their sizes are no proof
}

// flights are the commands in flight, oldest first.
type flights struct {
	list     []flight
	head     int
	octets   int   // of the commands
	expected int64 // of the messages, as LIST says
	messages int
	probes   int
}

func (f *flights) empty() bool { return f.head == len(f.list) }

// front returns the command whose reply is due.
func (f *flights) front() *flight { return &f.list[f.head] }

func (f *flights) push(one flight) {
	if f.head > 0 && f.head == len(f.list) {
		f.list, f.head = f.list[:0], 0
	}
	if f.head > 0 && len(f.list) == cap(f.list) { // in place of growing
		f.list = f.list[:copy(f.list, f.list[f.head:])]
		f.head = 0
	}
	f.list = append(f.list, one)
	f.count(one, 1)
}

// pop takes the oldest command.
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
