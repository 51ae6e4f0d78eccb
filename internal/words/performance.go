package words

import (
	"backchannel/internal/accord"
	"backchannel/internal/view"
)

// event says that something happened, or that it did not.
func (b *Book) event(v *view.View, x accord.Event) string {
	if x.Denied {
		return b.T("entry.event-denied", "By", b.Name(v, x.By), "What", x.What, "Text", x.Text)
	}
	return b.T("entry.event", "By", b.Name(v, x.By), "What", x.What, "At", b.happened(x), "Text", x.Text)
}

func (b *Book) happened(x accord.Event) string {
	if x.At == 0 {
		return ""
	}
	return b.span(x.At.String())
}
