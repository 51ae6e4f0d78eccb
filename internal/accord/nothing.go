package accord

import "backchannel/internal/record"

// NothingOwed states that a party owes nothing: the explicit "nothing" that
// somebody who is not at the table was told. Who said it, and when, stands in
// the envelope; About may narrow it to certain terms or packages. A statement
// of this kind binds nobody and releases nobody: it is held against the texts.
type NothingOwed struct {
	Party record.Name `cbor:"1,keyasint" json:"party"`                    // who owes nothing
	Told  record.Name `cbor:"2,keyasint,omitempty" json:"told,omitempty"` // to whom it was said; empty: not said to anybody named
	Text  string      `cbor:"3,keyasint,omitempty" json:"text,omitempty"`
}

// Kind gives KindNothingOwed.
func (NothingOwed) Kind() record.Kind { return KindNothingOwed }

// Critical says that a desk which does not know this kind must stop.
func (NothingOwed) Critical() bool { return true }

// Check reports what is not well-formed.
func (n NothingOwed) Check() error {
	if n.Told != "" {
		if err := n.Told.Check(); err != nil {
			return err
		}
	}
	if err := record.CheckText(n.Text); err != nil {
		return err
	}
	return n.Party.Check()
}
