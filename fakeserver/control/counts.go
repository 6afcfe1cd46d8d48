package control

import (
	"sync"

	"pop3mtm/fakeserver"
)

// counts sums what all servers of a service have counted, also those that are closed, so that no
// figure ever decreases but those of open sessions. Its methods are safe for concurrent use.
type counts struct {
	mu      sync.Mutex
	servers map[*fakeserver.Server]bool // those that may still count
	past    fakeserver.Stats            // of the others
}

func (c *counts) add(server *fakeserver.Server) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.servers == nil {
		c.servers = map[*fakeserver.Server]bool{}
	}
	c.servers[server] = true
}

// closed keeps the figures of a server that is closed, and not the server.
func (c *counts) closed(server *fakeserver.Server) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.servers[server] {
		delete(c.servers, server)
		c.past = c.past.Plus(server.Stats())
	}
}

func (c *counts) total() fakeserver.Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.past
	for server := range c.servers {
		all = all.Plus(server.Stats())
	}
	return all
}
