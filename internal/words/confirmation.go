package words

import (
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// HashWords gives a hash in the words that people read to one another.
func HashWords(h keys.Hash) string { return strings.Join(h.Words(keys.FingerprintWords), " ") }

// signing says the bodies that are about showable confirmations.
func (b *Book) signing(v *view.View, body record.Body) (string, bool) {
	switch x := body.(type) {
	case accord.Confirmation:
		id := "entry.confirmation"
		if !x.Fits() {
			id = "entry.confirmation-bad"
		}
		return b.T(id, "Party", b.Name(v, x.Party), "On", b.Ref(v, x.On)), true
	case accord.ChannelKey:
		return b.T("entry.channel-key", "Party", b.Name(v, x.Party), "Holder", b.Name(v, x.Holder), "Words", HashWords(x.Public().Fingerprint())), true
	case accord.Attestation:
		id := "entry.attestation"
		if x.Differs {
			id = "entry.attestation-differs"
		}
		return b.T(id, "Party", b.Name(v, x.Party), "With", b.Name(v, x.With), "How", b.isolate(x.By), "Words", HashWords(x.Fingerprint)), true
	}
	return "", false
}

// spelt gives what an entry names by a hash, in words to be compared aloud: the
// text that is echoed or confirmed, and the key of a confirmation.
func (b *Book) spelt(body record.Body) []string {
	text := func(h keys.Hash) string { return b.T("entry.hash-words", "Words", HashWords(h)) }
	switch x := body.(type) {
	case accord.Act:
		if x.Echo || x.Position == accord.Accepted {
			return []string{text(x.On.Hash)}
		}
	case accord.Package:
		return []string{text(x.Hash())}
	case accord.Confirmation:
		return []string{text(x.On.Hash), b.T("entry.fingerprint", "Words", HashWords(x.Public().Fingerprint()))}
	}
	return nil
}

// Proof says what this desk makes of a confirmation.
func (b *Book) Proof(v *view.View, p view.Proof) string {
	id := "proof." + string(p.State)
	if p.State == accord.ProofAttested && p.With == v.Projection().Keeper() {
		id = "proof.own"
	}
	return b.T(id, "With", b.Name(v, p.With), "How", b.isolate(p.How), "By", b.Name(v, p.By))
}

// Strength says what a party's acceptance stands on, and what is made of each
// confirmation in its name: a sentence's part each.
func (b *Book) Strength(v *view.View, c view.Cell) []string {
	var out []string
	if c.Strength != accord.NoStrength && c.Strength != accord.ByReport && c.Strength != accord.ByOwnDesk {
		out = append(out, b.Word(c.Strength))
	}
	for _, p := range c.Proofs {
		out = append(out, b.Proof(v, p))
	}
	return out
}

// Keys gives the confirmation keys that came up here, a few lines each.
func (b *Book) Keys(v *view.View, list []view.Key) []string {
	var out []string
	for _, k := range list {
		out = append(out, capital(b.T("key.of", "Party", b.Name(v, k.Party), "Holder", b.Name(v, k.Holder))), "  "+HashWords(k.Fingerprint), "  "+k.Fingerprint.String(), "  "+b.KeyState(v, k))
	}
	return out
}

// KeyState says what is known here of a key.
func (b *Book) KeyState(v *view.View, k view.Key) string {
	switch {
	case k.Own:
		return b.T("key.own")
	case k.Differs:
		return b.T("key.differs", "With", b.Name(v, k.With), "How", b.isolate(k.How))
	case k.Compared:
		return b.T("key.compared", "With", b.Name(v, k.With), "How", b.isolate(k.How))
	}
	return b.T("key.unknown", "By", b.Name(v, k.By))
}

// SignedText gives the text of an agreement file: the package, its terms as
// they are structured, and the words that count.
func (b *Book) SignedText(v *view.View, s accord.SignedAgreement) []string {
	p := s.Package
	names := func(list []record.Name) string { return b.Names(v, list) }
	out := []string{b.T("signed.package", "Name", string(p.Name), "Version", p.Version), b.T("entry.hash-words", "Words", HashWords(p.Hash())), "  " + p.Hash().String(), b.T("signed.needs", "Who", names(s.Needed()))}
	if p.Parts {
		out = append(out, b.T("signed.parts"))
	}
	if p.Lapses != 0 {
		out = append(out, b.T("standing.lapses", "When", b.Instant(p.Lapses)))
	}
	if p.Lapses != 0 && p.ReceiptBy != "" {
		out = append(out, b.T("standing.receipt-by", "By", b.Name(v, p.ReceiptBy)))
	}
	if p.Text != "" {
		out = append(out, b.T("signed.text", "Lang", p.Lang, "Text", b.isolate(p.Text)))
	}
	for _, t := range s.Terms {
		out = append(out, b.signedTerm(v, t)...)
	}
	return out
}

func (b *Book) signedTerm(v *view.View, t accord.Term) []string {
	out := []string{b.T("signed.term", "Name", string(t.Name), "Version", t.Version, "Sort", b.Word(t.Sort)), "  " + capital(b.Term(v, t))}
	if t.Text != "" {
		out = append(out, "  "+b.T("signed.text", "Lang", t.Lang, "Text", b.isolate(t.Text)))
	}
	return out
}

// ProvenTerm gives the text of a file that shows one term.
func (b *Book) ProvenTerm(v *view.View, p accord.TermProof) []string {
	h := p.Package()
	return append(b.signedTerm(v, p.Term), b.T("signed.of", "Words", HashWords(h)), "  "+h.String())
}
