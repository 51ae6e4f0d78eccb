package compare

import (
	"bytes"
	"encoding/hex"
	"testing"

	"backchannel/internal/accord/accordtest"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// formVector is an entry as its author wrote it, and as it goes over a line to
// somebody who was given the entries whose ids begin with an even byte.
type formVector struct {
	Kind record.Kind `json:"kind"`
	Came string      `json:"entry"`
	Form string      `json:"form"`
}

func scrubbedForm(t *testing.T, raw []byte) []byte {
	t.Helper()
	e, err := codec.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	e = record.Scrub(e, func(id keys.ID) bool { return id[0]%2 == 0 })
	e.By = ""
	b, err := codec.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFormsStayAsTheyAre is [CMP-7]: a record that was sent by an earlier
// program is compared by a later one. If this fails for a kind that was sent
// before, keep the old scrubbing for entries of the old form, and raise form;
// else two honest desks would accuse one another. Until 1.0.0, when vaults may
// have to be made anew, writing the vectors anew will do.
func TestFormsStayAsTheyAre(t *testing.T) {
	var now []formVector
	if *rewrite {
		g, count := accordtest.New(1, accordtest.Options{}), map[record.Kind]int{}
		for range 3000 {
			it := g.Next()
			if k := it.Body.Kind(); !record.IsPrivate(it.Body) && count[k] < 2 {
				count[k]++
				raw, err := codec.Encode(it.Entry)
				if err != nil {
					t.Fatal(err)
				}
				now = append(now, formVector{k, hex.EncodeToString(raw), hex.EncodeToString(scrubbedForm(t, raw))})
			}
		}
	}
	var kept []formVector
	file(t, "forms.json", now, &kept)
	if len(kept) < 20 {
		t.Fatal("only", len(kept), "forms")
	}
	for _, v := range kept {
		raw, err := hex.DecodeString(v.Came)
		if err != nil {
			t.Fatal(err)
		}
		form, err := hex.DecodeString(v.Form)
		if err != nil || !bytes.Equal(scrubbedForm(t, raw), form) {
			t.Errorf("a %s is sent in another form than before", v.Kind)
		}
	}
}
