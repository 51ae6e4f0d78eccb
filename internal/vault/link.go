package vault

import "sync/atomic"

// Decks is how many decks a vault can hold: one for each relay.
const Decks = 2

// link is what a deck and the database tell each other, so that each can say
// how far the other had come. It holds no key: a deck keeps it while the vault
// is locked.
type link struct {
	name    string                // of the deck's file, bound into its seals
	box     string                // of its inbox
	seen    *atomic.Pointer[mark] // how far vault.db has come, for Tick; the same for all decks
	deckGen atomic.Uint64         // how far the deck has come, for Update
	cursor  atomic.Uint64         // ring index up to which all was ingested
	stowed  atomic.Uint64         // ring index up to which all is in the inbox, or 0
	ticks   atomic.Uint64         // transactions of the deck
}

func newLinks() [Decks]*link {
	seen := &atomic.Pointer[mark]{}
	return [Decks]*link{{name: deckName, box: inboxName, seen: seen}, {name: deck2Name, box: inbox2Name, seen: seen}}
}

// done gives the index up to which rows of the ring may be written over.
func (l *link) done() uint64 { return max(l.cursor.Load(), l.stowed.Load()) }
