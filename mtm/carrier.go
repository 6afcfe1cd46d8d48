package mtm

// PreferredCarrier tells that there is another way to the network. The policy decides what becomes of it; without Mobility.Carriers
// it has no effect.
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

// CarrierLost tells that the way to the network in use is gone: the connection is closed without QUIT, and the operation in hand
// waits for another way. Without mobility it fails.
func (c *Client) CarrierLost() { c.mobility.lost() }

// MobilityError tells that there will be no other way: the operation in hand, or the connection that waits, ends with
// ErrDisconnected. A Connect after it is a new beginning.
func (c *Client) MobilityError(err error) { c.mobility.fail(err) }
