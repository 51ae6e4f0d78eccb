package web

import (
	"net/url"
	"slices"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/words"
)

// signForm makes a showable confirmation of a package that the keeper's party
// accepted and echoed.
func signForm() form {
	return form{path: "/sign", about: true, build: buildSign, read: readSign}
}

func buildSign(c *call, of record.Seen, v url.Values) (formPage, error) {
	p, ok := of.Body.(accord.Package)
	if !ok {
		return formPage{}, fault.New(fault.Refused, "web.no-package", "open a package on the page of where we stand", "only a package is signed")
	}
	about := c.aboutView(of)
	page := formPage{
		Head: c.t("web.sign.title"), Intro: c.t("web.sign.intro"), About: &about, Submit: c.t("web.form.look"),
		Notices: []notice{{Tone: "care", Kind: c.t("web.sign.forever"), Text: c.t("web.sign.forever-text"), Hint: c.t("entry.hash-words", "Words", hashWords(p.Hash()))}},
	}
	voice := c.signers(p.Hash())
	if len(voice) == 0 {
		page.Notices = []notice{{Tone: "care", Kind: c.t("web.sign.first"), Text: c.t("web.sign.first-text"), Links: []link{{c.entryHref("act", of.ID), c.t("web.do.act")}}}}
		return page, nil
	}
	page.Groups = []group{{Fields: []field{
		choose("party", c.t("web.act.party"), "", true, chosen(c.people(voice, ""), v, "party", string(voice[0]))...),
		checks("to", c.t("web.sign.to"), c.t("web.sign.to-hint"), chosen(c.people(c.reachable(), ""), v, "to", "")...),
		choose("pass", c.t("web.write.pass"), c.t("web.write.pass-hint"), false, chosen(c.passes(), v, "pass", "")...),
		checks("sure", c.t("web.sign.sure"), "", option{Value: "yes", Text: c.t("web.sign.sure-yes")}),
	}}}
	return page, nil
}

// signers gives the parties for which the keeper can sign a package now.
func (c *call) signers(h keys.Hash) []record.Name {
	return slices.DeleteFunc(c.ledger.Voice(c.f.h.Keeper()), func(n record.Name) bool {
		s := c.ledger.Stance(n, h)
		return !s.Confirmed() || s.Echo.IsZero()
	})
}

func readSign(c *call, of record.Seen, v url.Values) (intent, error) {
	p, ok := of.Body.(accord.Package)
	party := nameOf(v, "party")
	switch {
	case !ok || party == "":
		return intent{}, fault.New(fault.Malformed, "web.no-party", "choose the party", "it does not say who does it")
	case one(v, "sure") != "yes":
		return intent{}, fault.New(fault.Malformed, "web.sign-sure", "tick it if you mean it", "it is not ticked that it can be shown to anybody, for ever")
	}
	e := record.Entry{ID: newID(), Audience: names(v, "to"), Carrying: record.Carrying{Pass: record.Pass(one(v, "pass"))}, Body: accord.Confirmation{Party: party, On: p.Ref()}}
	return intent{drafts: []record.Entry{e}}, nil
}

// keyForm records that the words of a key were compared outside the program.
func keyForm() form {
	return form{path: "/key", about: true, build: buildKey, read: readKey}
}

// keyOf gives the key that an entry shows, and whose it is said to be.
func keyOf(of record.Seen) (record.Name, keys.Hash, error) {
	switch b := of.Body.(type) {
	case accord.ChannelKey:
		return b.Party, b.Public().Fingerprint(), nil
	case accord.Confirmation:
		return b.Party, b.Public().Fingerprint(), nil
	}
	return "", keys.Hash{}, fault.New(fault.Refused, "web.no-key", "open a confirmation, or a key", "this entry shows no key")
}

func buildKey(c *call, of record.Seen, v url.Values) (formPage, error) {
	party, key, err := keyOf(of)
	if err != nil {
		return formPage{}, err
	}
	about := c.aboutView(of)
	return formPage{
		Head: c.t("web.key.title"), Intro: c.t("web.key.intro", "Party", c.within(party)), About: &about, Submit: c.t("web.form.look"),
		Notices: []notice{{Kind: c.t("web.key.words"), Text: words.HashWords(key)}},
		Groups: []group{{Fields: []field{
			choose("with", c.t("web.key.with"), c.t("web.key.with-hint"), true, chosen(c.people(c.everybody(c.f.h.Keeper()), c.t("web.choose")), v, "with", "")...),
			text("by", c.t("web.key.by"), c.t("web.key.by-hint"), v.Get("by"), true),
			radios("same", c.t("web.key.same"), "", chosen([]option{
				{Value: "yes", Text: c.t("web.key.yes")}, {Value: "no", Text: c.t("web.key.no")},
			}, v, "same", "")...),
		}}},
	}, nil
}

func readKey(_ *call, of record.Seen, v url.Values) (intent, error) {
	party, key, err := keyOf(of)
	if err != nil {
		return intent{}, err
	}
	same := one(v, "same")
	if same != "yes" && same != "no" {
		return intent{}, fault.New(fault.Malformed, "web.key-same", "choose one", "it does not say whether the words are the same")
	}
	a := accord.Attestation{Party: party, Fingerprint: key, With: nameOf(v, "with"), By: strings.TrimSpace(v.Get("by")), Differs: same == "no"}
	return intent{drafts: []record.Entry{{ID: newID(), Body: a}}}, nil
}

// signActions gives what can be done with a package, a key or a confirmation.
func (c *call) signActions(it record.Seen) []link {
	var out []link
	switch b := it.Body.(type) {
	case accord.Package:
		if len(c.signers(b.Hash())) > 0 {
			out = append(out, link{c.entryHref("sign", it.ID), c.t("web.do.sign")})
		}
	case accord.Confirmation, accord.ChannelKey:
		out = append(out, link{c.entryHref("carry", it.ID), c.t("web.do.carry")})
		if it.By != c.f.h.Keeper() {
			out = append(out, link{c.entryHref("key", it.ID), c.t("web.do.key")})
		}
	}
	return out
}

// strength says what a cell stands on beside whose act it is, and links to the
// comparison of each key that was not compared yet.
func (c *call) strength(cell view.Cell) (text string, links []link) {
	for _, s := range c.f.book.Strength(c.view, cell) {
		text += " " + sentence(s)
	}
	for _, p := range cell.Proofs {
		if p.State == accord.ProofUnattested {
			links = append(links, link{c.entryHref("key", p.Entry), c.t("web.do.key")})
		}
	}
	return text, links
}

// spelt gives as facts what an entry names by a hash, in words.
func (c *call) spelt(body record.Body) []fact {
	text := func(h keys.Hash) fact { return fact{Label: c.t("web.entry.hash"), Text: hashWords(h)} }
	key := func(h keys.Hash) fact { return fact{Label: c.t("web.entry.fingerprint"), Text: words.HashWords(h)} }
	switch b := body.(type) {
	case accord.Act:
		if b.Echo || b.Position == accord.Accepted {
			return []fact{text(b.On.Hash)}
		}
	case accord.Confirmation:
		return []fact{text(b.On.Hash), key(b.Public().Fingerprint())}
	case accord.ChannelKey:
		return []fact{key(b.Public().Fingerprint())}
	case accord.Attestation:
		return []fact{key(b.Fingerprint), {Label: c.t("web.key.by"), Text: b.By}}
	}
	return nil
}

// signHead says in a few words what an entry about signatures is.
func (c *call) signHead(body record.Body) string {
	switch b := body.(type) {
	case accord.Confirmation:
		return c.t("web.head.confirmation", "Party", c.name(b.Party), "On", c.refText(b.On))
	case accord.ChannelKey:
		return c.t("web.head.channel-key", "Party", c.within(b.Party))
	case accord.Attestation:
		if b.Differs {
			return c.t("web.head.attestation-differs", "Party", c.within(b.Party), "With", c.within(b.With))
		}
		return c.t("web.head.attestation", "Party", c.within(b.Party), "With", c.within(b.With))
	}
	return ""
}
