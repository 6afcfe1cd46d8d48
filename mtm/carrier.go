package mtm

// PreferredCarrier reports to the client that another carrier is available. The policy decides
// whether to change to it. It has no effect without Mobility.Carriers.
func (c *Client) PreferredCarrier(carrier string, upgrade bool) {
	if c.mobility.Carriers == nil {
		return
	}
	change := Change{To: carrier, Upgrade: upgrade}
	c.mu.Lock()
	busy := c.Busy()
	if busy && c.current != nil {
		change.Progress = c.current.Progress()
	}
	c.mu.Unlock()
	c.mobility.preferred(change, busy)
}

// CarrierLost reports to the client that the carrier in use is gone. The connection is closed
// without QUIT, and the operation in hand waits for another carrier; without mobility it fails.
func (c *Client) CarrierLost() { c.mobility.lost() }

// MobilityError reports to the client that no other carrier will come. The operation in hand, or
// the connection that waits, ends with ErrDisconnected; a later Connect starts anew.
func (c *Client) MobilityError(err error) { c.mobility.fail(err) }
