package desk

import (
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// agreedText writes a text to d that its keeper has accepted and echoed.
func agreedText(t *testing.T, h Handle) record.Ref {
	t.Helper()
	term := accord.Term{Name: "quiet", Version: 1, Sort: accord.Obligation, Debtor: "north", Action: "guns are quiet", Salt: keys.ID{1}}
	pack := accord.Package{Name: "truce", Version: 1, Terms: []accord.TermRef{term.Ref()}, Needs: []record.Name{"north"}, Salt: keys.ID{2}}
	for _, b := range []record.Body{
		record.Role{Person: h.Keeper(), Party: "north", As: record.Principal}, term, pack,
		accord.Act{Party: "north", Position: accord.Accepted, On: pack.Ref()}, accord.Act{Party: "north", Echo: true, On: pack.Ref()},
	} {
		if _, err := h.Write(t.Context(), Commit, record.Entry{Body: b}); err != nil {
			t.Fatal(err)
		}
	}
	return pack.Ref()
}

// TestLaw3_TheKeyIsMadeWhenItIsFirstNeeded: a desk that confirmed nothing holds no key; a look
// stores none; what was shown is signed with the same key, also after the desk
// was closed, and through its control socket.
func TestLaw3_TheKeyIsMadeWhenItIsFirstNeeded(t *testing.T) {
	d, dir := open(t, "envoy", Options{Offline: true})
	ref := agreedText(t, d)
	stored := func() bool {
		_, err := d.vault.Meta(metaSign)
		if err != nil && !fault.Is(err, fault.NotFound) {
			t.Fatal(err)
		}
		return err == nil
	}
	key := func(h Handle, m Mode) string {
		t.Helper()
		p, err := h.Write(t.Context(), m, record.Entry{Body: accord.Confirmation{Party: "north", On: ref}})
		if err != nil {
			t.Fatal(err)
		}
		c := p.Entries[0].Body.(accord.Confirmation)
		if !c.Fits() {
			t.Fatalf("%+v", c)
		}
		return string(c.Key)
	}
	if stored() {
		t.Fatal("a key before anything was signed")
	}
	shown := key(d, Preview)
	if stored() {
		t.Fatal("a look stored a key")
	}
	if key(d, Commit) != shown || !stored() || d.fresh != nil {
		t.Fatal("it was signed with another key than was shown, or the key was not kept")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = reopen(t, dir, Options{Offline: true})
	if key(d, Commit) != shown {
		t.Fatal("after it was closed, the desk has another key")
	}
	go d.ServeControl(t.Context(), dir)
	var remote *Remote
	for remote == nil {
		var err error
		if remote, err = Connect(t.Context(), dir); err != nil && !fault.Is(err, fault.NotFound) {
			t.Fatal(err)
		}
	}
	defer remote.Close()
	if key(remote, Commit) != shown {
		t.Fatal("through the control socket, it is another key")
	}
	_, err := remote.Write(t.Context(), Commit, record.Entry{Body: accord.Confirmation{Party: "south", On: ref}})
	if !fault.Is(err, fault.Refused) {
		t.Fatal(err)
	}
	p, err := remote.Write(t.Context(), Preview, record.Entry{Body: accord.ChannelKey{Party: "north", Holder: "envoy"}})
	if err != nil || string(p.Entries[0].Body.(accord.ChannelKey).Key) != shown {
		t.Fatal(err)
	}
}
