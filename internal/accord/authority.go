package accord

import (
	"slices"

	"backchannel/internal/record"
)

// Authority says what the credentials recorded here give a person for one
// thing.
type Authority string

// The authorities.
const (
	Authorised  Authority = "authorised"
	NoAuthority Authority = "unknown"  // no credential of his for that party is recorded here
	Exceeded    Authority = "exceeded" // he has one, and it does not allow this
	Expired     Authority = "expired"  // one allowed this, and had ended
)

// AuthorityOf says whether who may do for party, at that moment, what needs
// that mandate on the text of that name. A principal, and a person who is a
// party, need no credential.
func (l *Ledger) AuthorityOf(who, party record.Name, need record.Mandate, on record.Name, at record.Instant) Authority {
	if who == party || slices.ContainsFunc(l.roles(who), func(r record.Role) bool { return r.Party == party && r.As == record.Principal }) {
		return Authorised
	}
	if l.mandated(who, party, need, on, at) {
		return Authorised
	}
	found := NoAuthority
	for _, it := range l.Credentials(who, party) {
		c := it.Body.(record.Credential) // Credentials gives nothing else
		if slices.Contains(c.May, need) && (len(c.On) == 0 || slices.Contains(c.On, on)) {
			return Expired // it would have been enough, or he were authorised
		}
		found = Exceeded
	}
	return found
}

// Credentials gives the credentials of a person for a party that count here.
func (l *Ledger) Credentials(who, party record.Name) []record.Seen {
	p := at(l, l.people, who, false)
	l.book.Read(&p.src)
	var out []record.Seen
	for _, place := range p.shown {
		it := l.p.At(int(place))
		if c, ok := it.Body.(record.Credential); ok && c.Holder == who && c.Party == party && l.counts(it, c) {
			out = append(out, it)
		}
	}
	return out
}
