package words

import (
	"strings"

	"backchannel/internal/bonafides"
	"backchannel/internal/keys"
	"backchannel/internal/pouch"
)

// carried gives the text of a message as people read it. What is sealed, or a
// key, is for programs: what it is stands in its place. The whole text is in
// exports, and where it is to be copied.
func (b *Book) carried(text string) string {
	switch {
	case strings.HasPrefix(text, pouch.Prefix):
		return b.T("entry.pouch", "Size", len(text))
	case strings.HasPrefix(text, bonafides.SignPrefix):
		return b.T("entry.sign")
	case strings.HasPrefix(text, pouch.KeyPrefix):
		if k, err := pouch.ParseKey(text); err == nil {
			return b.T("entry.pouch-key", "Words", strings.Join(k.Fingerprint().Words(keys.FingerprintWords), " "))
		}
	case strings.HasPrefix(text, bonafides.Prefix):
		if t, err := bonafides.Read(text); err == nil {
			return b.T("entry.proof", "Kind", int(t.Kind), "Purpose", int(t.Purpose), "About", b.isolate(t.About))
		}
	case strings.HasPrefix(text, bonafides.OpenPrefix):
		if s, err := bonafides.ReadSign(text); err == nil {
			return b.T("entry.sign-open", "Sign", b.isolate(s.Words))
		}
	}
	return b.isolate(text)
}
