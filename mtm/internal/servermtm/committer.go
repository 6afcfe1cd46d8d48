package servermtm

// committer runs jobs one after the other in a goroutine of its own, so that
// storing overlaps with reading the line. One job may wait while one runs; that
// bounds what is in memory. After a failed job the rest are left out.
type committer struct {
	jobs   chan job
	failed chan struct{} // closed after the first failure
	done   chan struct{}
	err    error // the first failure; read it after failed or done is closed
}

// job is work for the committer: run does it, or drop lets go of it.
type job struct {
	run  func() error
	drop func()
}

// newCommitter starts the goroutine; finish ends it.
func newCommitter() *committer {
	c := &committer{
		jobs:   make(chan job, 1),
		failed: make(chan struct{}),
		done:   make(chan struct{}),
	}
	go c.work()
	return c
}

func (c *committer) work() {
	defer close(c.done)
	for j := range c.jobs {
		if c.err != nil {
			j.drop()
			continue
		}
		if c.err = j.run(); c.err != nil {
			close(c.failed)
		}
	}
}

// add hands a job over. It blocks while one waits already, and returns the first
// failure of an earlier job; the new one is then left out.
func (c *committer) add(j job) error {
	select {
	case <-c.failed:
		j.drop()
		return c.err
	case c.jobs <- j:
		return nil
	}
}

// finish waits for all jobs and returns the first failure. It is called once, by
// the goroutine that called add.
func (c *committer) finish() error {
	close(c.jobs)
	<-c.done
	return c.err
}
