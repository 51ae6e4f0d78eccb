package accordtest

import (
	"bytes"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// key gives the key of a party, or now and then one that is not its own.
func (g *Gen) key(party record.Name) keys.SignKey {
	seed := bytes.Repeat([]byte(party)[:1], 32)
	if g.one(6) {
		seed[0]++
	}
	k, err := keys.NewSignKey(bytes.NewReader(seed))
	if err != nil {
		panic(err) // 32 bytes are there
	}
	return k
}

func (g *Gen) confirmation(d *draft) record.Body {
	v := from(g, &g.packs)
	if v == nil || v.acts >= maxActs {
		return nil
	}
	v.acts++
	party := pick(g, v.needs)
	c := accord.Confirm(g.key(party), party, v.ref)
	if g.one(6) {
		c.Signature = bytes.Repeat([]byte{1}, len(c.Signature))
	}
	if g.one(2) {
		g.by(d, g.voice(party))
		d.own = true
	}
	return c
}

func (g *Gen) channelKey(*draft) record.Body {
	party := g.partyName()
	k := g.key(party).Public()
	return accord.ChannelKey{Party: party, Holder: g.voice(party), Suite: k.Suite, Key: k.Key}
}

func (g *Gen) attestation(d *draft) record.Body {
	party := g.partyName()
	if g.one(2) {
		g.by(d, g.o.Keeper)
		d.own = true
	}
	return accord.Attestation{
		Party: party, Fingerprint: g.key(party).Public().Fingerprint(), With: g.voice(party), By: "by telephone", Differs: g.one(5),
	}
}
