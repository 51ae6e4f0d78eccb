package casefile

import (
	"context"

	"backchannel/internal/accord"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// confirmVerbs are those of showable confirmations.
func confirmVerbs() map[string]func() any {
	return map[string]func() any{
		"confirm":     func() any { return &accord.Confirmation{} },
		"give-key":    func() any { return &accord.ChannelKey{} },
		"compare-key": func() any { return &accord.Attestation{} },
	}
}

// confirmFields is bodyFields for these.
func (p *parser) confirmFields(f fields, s *Step) (func() error, bool) {
	switch b := s.body.(type) {
	case *accord.Confirmation:
		f.label("on", p, &s.refs.on, accord.KindPackage)
		f.name("for", p, &b.Party)
		return func() error {
			if err := needName(b.Party, "for", "say for which party: confirm … for PARTY"); err != nil {
				return err
			}
			return needRef(s.refs.on, "on", s.Verb)
		}, true
	case *accord.ChannelKey:
		f.name("for", p, &b.Party)
		b.Holder = s.Desk
		return func() error { return needName(b.Party, "for", "say whose key it is: give-key … for PARTY") }, true
	case *accord.Attestation:
		f.label("of", p, &s.refs.of, accord.KindChannelKey, accord.KindConfirmation)
		f.name("with", p, &b.With)
		f.flag("differs", &b.Differs)
		f.bare(&b.By)
		return func() error {
			if err := needName(b.With, "with", "say with whom: compare-key … of KEY with WHO \"by telephone\""); err != nil {
				return err
			}
			if err := needText(b.By); err != nil {
				return err
			}
			return needRef(s.refs.of, "of", s.Verb)
		}, true
	}
	return nil, false
}

// confirmFilled is filled for these.
func confirmFilled(body record.Body) record.Body {
	switch b := body.(type) {
	case accord.Confirmation:
		return accord.Confirm(keys.SignKey{}, b.Party, record.Ref{Hash: keys.Hash{1}})
	case accord.ChannelKey:
		b.Suite, b.Key = keys.SignKey{}.Public().Suite, keys.SignKey{}.Public().Key
		return b
	case accord.Attestation:
		b.Party, b.Fingerprint = "party", keys.Hash{1}
		return b
	}
	return body
}

// compared fills in which key was compared: the one that the entry shows, as it
// came to this desk.
func (p *Player) compared(ctx context.Context, h desk.Handle, s Step, e record.Entry) (record.Entry, error) {
	a, ok := e.Body.(accord.Attestation)
	if !ok {
		return e, nil
	}
	r, err := h.Record(ctx)
	if err != nil {
		return e, err
	}
	it, _ := r.Get(p.ids[s.refs.of.label])
	switch b := it.Body.(type) {
	case accord.ChannelKey:
		a.Party, a.Fingerprint = b.Party, b.Public().Fingerprint()
	case accord.Confirmation:
		a.Party, a.Fingerprint = b.Party, b.Public().Fingerprint()
	default:
		return e, fault.New(fault.NotFound, "casefile.no-key", "name the entry that brought the key to this desk", "%q shows no key here", s.refs.of.label)
	}
	e.Body = a
	return e, nil
}
