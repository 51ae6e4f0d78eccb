package words

import (
	"strings"

	"backchannel/internal/keys"
	"backchannel/internal/pouch"
)

// carried gives the text of a message as people read it. What is sealed, or a
// key, is for programs: its kind and length are shown in its place. The whole
// text stands in exports, and where it is to be copied.
func (b *Book) carried(text string) string {
	switch {
	case strings.HasPrefix(text, pouch.Prefix):
		return b.T("entry.pouch", "Size", len(text))
	case strings.HasPrefix(text, pouch.KeyPrefix):
		k, err := pouch.ParseKey(text)
		if err != nil {
			break
		}
		return b.T("entry.pouch-key", "Words", strings.Join(k.Fingerprint().Words(keys.FingerprintWords), " "))
	}
	return b.isolate(text)
}
