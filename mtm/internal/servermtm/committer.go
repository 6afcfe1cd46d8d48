package servermtm

// committer runs jobs one after the other in its own goroutine, so that storing overlaps with
// reading the connection. At most one job waits while one runs, which limits the memory. After a
// failed job the others are dropped.
type committer struct {
	jobs   chan job
	failed chan struct{} // closed after the first failure
	done   chan struct{}
	err    error // the first failure; read it after failed or done is closed
}

// job is work for the committer, which calls either run or drop.
type job struct {
	run  func() error
	drop func()
}

// newCommitter starts the goroutine. finish stops it.
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

// add passes a job to the committer. It blocks while another job waits. After a failure of an
// earlier job it drops the new one and returns that failure.
func (c *committer) add(j job) error {
	select {
	case <-c.failed:
		j.drop()
		return c.err
	case c.jobs <- j:
		return nil
	}
}

// finish waits for all jobs and returns the first failure. The goroutine that
// called add calls it once.
func (c *committer) finish() error {
	close(c.jobs)
	<-c.done
	return c.err
}
