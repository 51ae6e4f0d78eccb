package accord

import (
	"strings"

	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// The kind of an Event.
const (
	KindEvent record.Kind = "event"
)

// Event states that something happened which terms wait for, or that it did
// not. It concerns every condition that names the same event. Whether it counts
// for a term is computed, as for a deed.
type Event struct {
	By     record.Name    `cbor:"1,keyasint" json:"by"` // the party or person who states it
	What   string         `cbor:"2,keyasint" json:"what"`
	At     record.Instant `cbor:"3,keyasint,omitempty" json:"at,omitempty"`     // when it happened; 0: when it was said
	Denied bool           `cbor:"4,keyasint,omitempty" json:"denied,omitempty"` // it did not happen
	Text   string         `cbor:"5,keyasint,omitempty" json:"text,omitempty"`
}

// Kind gives KindEvent.
func (Event) Kind() record.Kind { return KindEvent }

// Critical says that a desk which does not know this kind must stop.
func (Event) Critical() bool { return true }

// Check reports what is not well-formed.
func (e Event) Check() error {
	if eventName(e.What) == "" {
		return fault.New(fault.Malformed, "accord.event", "say what happened, in the words of the term", "an event without a name")
	}
	for _, s := range []string{e.What, e.Text} {
		if err := record.CheckText(s); err != nil {
			return err
		}
	}
	return e.By.Check()
}

// Same reports whether what names the same event: case and spacing do not
// matter.
func (e Event) Same(what string) bool { return eventName(e.What) == eventName(what) }

// eventName gives the name of an event as it is compared: case and spacing do
// not matter.
func eventName(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
