package web

import (
	"sync"
	"sync/atomic"

	"backchannel/internal/record"
	"backchannel/internal/view"
)

// latest is the one view of the desk's record that all pages share. It is
// brought up to date for each, which costs what has changed since and not what
// the record has grown to. It is for one page at a time.
type latest struct {
	mu   sync.Mutex
	view *view.View

	zones atomic.Pointer[[]record.TimeZone] // as they were then, for the clock in the strip, which waits for no view
}

// at gives the view of a projection for the moment now. Its caller holds mu.
func (l *latest) at(p *record.Projection, now record.Instant) *view.View {
	if l.view == nil {
		l.view = view.Follow(p, now)
	} else {
		l.view = l.view.Next(p, now)
	}
	zones := l.view.Zones()
	l.zones.Store(&zones)
	return l.view
}

// end gives the view back. The call must not use it, nor what it gave, any
// more.
func (c *call) end() {
	if c.held != nil {
		c.held.mu.Unlock()
		c.held = nil
	}
}
