package convey

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// signing completes a draft that is to be signed, or that shows the key of this
// desk: such a draft comes without key and signature.
func (b *builder) signing(d record.Entry) (record.Body, error) {
	switch x := d.Body.(type) {
	case accord.ChannelKey:
		if len(x.Key) > 0 {
			return x, nil
		}
		k, err := b.key()
		if err != nil {
			return nil, err
		}
		pub := k.Public()
		return accord.ChannelKey{Party: x.Party, Holder: b.c.Record.Keeper(), Suite: pub.Suite, Key: pub.Key}, b.speaks(x.Party)
	case accord.Confirmation:
		if len(x.Signature) > 0 {
			return x, nil
		}
		on, err := b.confirmable(d, x)
		if err != nil {
			return nil, err
		}
		k, err := b.key()
		if err != nil {
			return nil, err
		}
		return accord.Confirm(k, x.Party, on), nil
	}
	return d.Body, nil
}

func (b *builder) key() (keys.SignKey, error) {
	if b.c.Key == nil {
		return keys.SignKey{}, fault.New(fault.Refused, "convey.no-key", "do it at a desk of your own", "nothing is signed here")
	}
	return b.c.Key()
}

func (b *builder) ledger() *accord.Ledger {
	return b.c.ledger()
}

// speaks refuses to show a key as that of a party that the keeper does not
// speak for.
func (b *builder) speaks(party record.Name) error {
	keeper := b.c.Record.Keeper()
	if party == keeper || slices.Contains(b.ledger().Voice(keeper), party) {
		return nil
	}
	return fault.New(fault.Refused, "convey.confirm-voice", "whoever speaks for them does it at his own desk", "you do not speak for %s", party)
}

// confirmable refuses to sign what the party has not itself accepted and
// echoed, whole, at this desk: a signature can be shown to anybody, for ever.
func (b *builder) confirmable(d record.Entry, x accord.Confirmation) (record.Ref, error) {
	if !d.FirstHand() {
		return record.Ref{}, fault.New(fault.Refused, "convey.confirm-other", "whoever confirms does it at his own desk", "nobody signs for somebody else")
	}
	if err := b.speaks(x.Party); err != nil {
		return record.Ref{}, err
	}
	l := b.ledger()
	pk, ok := l.Package(x.On.Hash)
	if _, whole := l.TermsOf(pk.Body); !ok || !whole {
		return record.Ref{}, fault.New(fault.Refused, "convey.confirm-text", "ask for the text that is missing", "this desk does not have the whole text")
	}
	if !slices.Contains(l.Needed(pk.Body), x.Party) {
		return record.Ref{}, fault.New(fault.Refused, "convey.confirm-needless", "", "%s does not need the acceptance of %s", pk.Ref.Name, x.Party)
	}
	if s := l.Stance(x.Party, pk.Hash); !s.Confirmed() || s.Echo.IsZero() {
		return record.Ref{}, fault.New(fault.Refused, "convey.confirm-first", "accept this version and echo it first, under a mandate to bind",
			"%s has not accepted and echoed this text by its own act under a mandate, at this desk", x.Party)
	}
	return pk.Ref, nil
}

// provable refuses an echo of another text than one's own, and a signature that
// does not fit: it would be taken for one by whoever does not verify it.
func (b *builder) provable(d record.Entry) error {
	switch x := d.Body.(type) {
	case accord.Act:
		if x.Echo && d.FirstHand() {
			return b.ledger().CheckEcho(x.Party, x.On.Hash)
		}
	case accord.Confirmation:
		if !x.Fits() {
			return fault.New(fault.Unauthentic, "convey.misfit", "ask for it again", "this signature does not fit this text and %s", x.Party)
		}
	}
	return nil
}
