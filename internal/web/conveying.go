package web

import (
	"crypto/sha256"
	"slices"
	"strings"

	"backchannel/internal/convey"
	"backchannel/internal/record"
)

// conveying looks at what would be passed on, beside what was said: whether the
// numbers are the same, and whether it goes to another side than the one that
// it came from. It gives what was said where the recipient is not shown it, so
// that whoever puts it in other words sees both before it goes.
func (c *call) conveying(in intent, plan convey.Plan) ([]notice, *entryView) {
	if in.order == nil || in.order.Disclosure != nil {
		return nil, nil
	}
	src, ok := c.all.Get(in.order.Of)
	if !ok {
		return nil, nil
	}
	var out []notice
	if to := c.view.Side(in.order.To); to != "" && to == c.view.Side(src.Speaker()) {
		out = append(out, notice{Tone: "care", Kind: c.t("web.conveying.same-side"), Text: c.t("web.conveying.same-side-text", "Who", c.name(in.order.To))})
	}
	said, isMessage := src.Body.(record.Message)
	i := slices.IndexFunc(plan.Entries, func(e record.Entry) bool { return e.Body.Kind() == record.KindMessage })
	if !isMessage || i < 0 {
		return out, nil
	}
	words := said.Text
	if src.Carrying.Words != "" {
		words = src.Carrying.Words
	}
	goes := plan.Entries[i].Body.(record.Message)
	out = append(out, c.putRight(src, goes.Text)...)
	if goes.Text == words {
		return out, nil
	}
	if in.order.Fidelity != record.OwnView {
		out = append(out, c.numbersDiffer(words, goes.Text)...)
	}
	if goes.Source != "" {
		return out, nil // it stands beside the translation
	}
	v := c.entryView(src, false)
	return out, &v
}

// putRight warns where the speaker corrected his words when they were read back,
// and what goes are not the words that he put in their place.
func (c *call) putRight(src record.Seen, goes string) []notice {
	path, _ := c.view.Path(src.ID)
	for _, r := range slices.Backward(path.ReadBacks) {
		if r.OK || r.Corrected == "" {
			continue
		}
		if r.Corrected == goes || !src.CorrectedBy.IsZero() {
			return nil
		}
		n := notice{Tone: "care", Kind: capital(c.t("web.read-back.corrected")), Text: c.t("path.read-back-corrected", "By", c.name(r.By), "Text", r.Corrected)}
		if src.By == c.f.h.Keeper() {
			n.Links = []link{{c.entryHref("correct", src.ID), c.t("web.do.correct")}}
		}
		return []notice{n}
	}
	return nil
}

// mark gives a digest of what the second step shows: the plan, and in full
// whom it goes to. Who somebody is may be corrected while the page is open, and
// then it is not the person that was read there.
func (c *call) mark(p convey.Plan) ([32]byte, error) {
	h := sha256.New()
	d, err := digest(c.f.codec, p)
	h.Write(d[:])
	for _, to := range recipients(p) {
		h.Write([]byte(c.full(to)))
		h.Write([]byte{0})
	}
	return [32]byte(h.Sum(nil)), err
}

// numbersDiffer warns where a text has other numbers than what was said.
func (c *call) numbersDiffer(said, goes string) []notice {
	missing, added := lacking(figures(said), figures(goes)), lacking(figures(goes), figures(said))
	var text []string
	if len(missing) > 0 {
		text = append(text, c.t("web.conveying.numbers-missing", "List", strings.Join(missing, " · ")))
	}
	if len(added) > 0 {
		text = append(text, c.t("web.conveying.numbers-added", "List", strings.Join(added, " · ")))
	}
	if text == nil {
		return nil
	}
	return []notice{{Tone: "alarm", Kind: c.t("web.conveying.numbers"), Text: strings.Join(text, " "), Hint: c.t("web.conveying.numbers-hint")}}
}

// figures gives the numbers that a text writes in digits, of whatever script:
// ٧٠ is 70. Marks between thousands do not count.
func figures(s string) []string {
	var out []string
	var n []rune
	text := append([]rune(s), 0)
	for i, r := range text {
		if d, ok := digit(r); ok {
			n = append(n, d)
			continue
		}
		if len(n) > 0 && strings.ContainsRune(",.٬٫'’\u00a0\u202f", r) && digitsAfter(text[i+1:]) == 3 {
			continue
		}
		if len(n) > 0 {
			bare := strings.TrimLeft(string(n), "0")
			if bare == "" {
				bare = "0"
			}
			out, n = append(out, bare), nil
		}
	}
	return out
}

func digitsAfter(text []rune) int {
	return slices.IndexFunc(text, func(r rune) bool { _, ok := digit(r); return !ok })
}

// digit gives a digit of the scripts that the desk's languages are written in.
func digit(r rune) (rune, bool) {
	for _, zero := range []rune{'0', '٠', '۰'} {
		if r >= zero && r <= zero+9 {
			return '0' + r - zero, true
		}
	}
	return 0, false
}

// lacking gives what is in a and, as often, not in b.
func lacking(a, b []string) []string {
	var out []string
	left := slices.Clone(b)
	for _, s := range a {
		if i := slices.Index(left, s); i >= 0 {
			left = slices.Delete(left, i, i+1)
			continue
		}
		out = append(out, s)
	}
	return out
}
