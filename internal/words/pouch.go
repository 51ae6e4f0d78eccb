package words

import (
	"strings"

	"backchannel/internal/bonafides"
	"backchannel/internal/keys"
	"backchannel/internal/pouch"
)

// carried gives the text of a message as people read it.
func (b *Book) carried(text string) string {
	if s, ok := b.Sealed(text); ok {
		return s
	}
	return b.isolate(text)
}

// Sealed says what a text is that programs read, and people carry: a pouch, a
// key, a text of bona fides. The whole of it is in exports, and where it is to
// be copied.
func (b *Book) Sealed(text string) (string, bool) {
	switch {
	case strings.HasPrefix(text, pouch.Prefix):
		return b.T("entry.pouch", "Size", len(text)), true
	case strings.HasPrefix(text, bonafides.SignPrefix):
		return b.T("entry.sign"), true
	case strings.HasPrefix(text, pouch.KeyPrefix):
		if k, err := pouch.ParseKey(text); err == nil {
			return b.T("entry.pouch-key", "Words", strings.Join(k.Fingerprint().Words(keys.FingerprintWords), " ")), true
		}
	case strings.HasPrefix(text, bonafides.Prefix):
		if t, err := bonafides.Read(text); err == nil {
			return b.T("entry.proof", "Kind", int(t.Kind), "Purpose", int(t.Purpose), "About", b.isolate(t.About)), true
		}
	case strings.HasPrefix(text, bonafides.OpenPrefix):
		if s, err := bonafides.ReadSign(text); err == nil {
			return b.T("entry.sign-open", "Sign", b.isolate(s.Words)), true
		}
	}
	return "", false
}
