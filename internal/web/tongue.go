package web

import (
	"net/http"
	"slices"
	"sync"

	"golang.org/x/text/language"

	"backchannel/internal/fault"
	"backchannel/internal/words"
)

// tongues are the faces of one desk in other languages. They share everything
// but the words: sessions, the view, what waits for its confirmation.
type tongues struct {
	mu    sync.Mutex
	faces map[string]*Face
}

// shownAs is how a reader wants dates and numbers shown; the zero value is as
// people mostly do.
type shownAs struct {
	calendar words.Calendar
	digits   words.Digits
}

// in gives the face in that language, with dates and numbers as its reader
// wants them.
func (f *Face) in(lang string, as shownAs) (*Face, error) {
	if lang == f.book.Lang() && as == (shownAs{}) {
		return f, nil
	}
	key := lang + " " + string(as.calendar) + " " + string(as.digits)
	f.tongues.mu.Lock()
	defer f.tongues.mu.Unlock()
	if g := f.tongues.faces[key]; g != nil {
		return g, nil
	}
	g := *f
	g.book = words.Open(lang).Spoken().Shown(words.Look{Calendar: as.calendar, Digits: as.digits})
	var err error
	if g.pages, err = g.parse(); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "web.templates", "", "a page does not parse")
	}
	g.routes()
	f.tongues.faces[key] = &g
	return &g, nil
}

// tongue gives the language for a request, and how its reader wants dates and
// numbers: what its reader chose, else what the desk was opened with, else what
// the browser asks for.
func (f *Face) tongue(s *session, r *http.Request) (string, shownAs) {
	f.gate.mu.Lock()
	chosen, as := s.lang, s.look
	f.gate.mu.Unlock()
	if slices.Contains(words.Languages(), chosen) {
		return chosen, as
	}
	return f.asked(r), as
}

// asked gives the language of somebody who chose none.
func (f *Face) asked(r *http.Request) string {
	offered := words.Languages()
	if f.opt.Lang != "" {
		return f.book.Lang()
	}
	tags := make([]language.Tag, len(offered))
	for i, l := range offered {
		tags[i] = language.Make(l)
	}
	want, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return f.book.Lang()
	}
	_, i, sure := language.NewMatcher(tags).Match(want...)
	if sure == language.No {
		return f.book.Lang()
	}
	return offered[i]
}

// speak changes the language of a session, and how it shows dates and numbers.
func (c *call) speak(w http.ResponseWriter, r *http.Request) error {
	lang := one(r.PostForm, "lang")
	if !slices.Contains(words.Languages(), lang) {
		return fault.New(fault.NotFound, "web.language", "choose one of the list", "%q is not a language of this desk", lang)
	}
	var as shownAs
	if k := words.Calendar(one(r.PostForm, "calendar")); k != words.Gregorian && slices.Contains(words.Calendars(), k) {
		as.calendar = k
	}
	if d := words.Digits(one(r.PostForm, "digits")); d == words.Eastern {
		as.digits = d
	}
	c.f.gate.mu.Lock()
	c.s.lang, c.s.look = lang, as
	c.f.gate.mu.Unlock()
	back := one(r.PostForm, "back")
	if !within(back) {
		back = "/"
	}
	c.end()
	http.Redirect(w, r, c.href(back), http.StatusSeeOther)
	return nil
}

// languageView is the choice at the foot of every page.
type languageView struct {
	Back    string
	Options []option
	Care    string // that no native speaker has reviewed this language yet

	Calendars, Digits []option
	Hijri             string // what to know of dates by that calendar
}

func (c *call) languages() languageView {
	v := languageView{Back: "/"}
	if c.get {
		v.Back = c.path
	}
	for _, l := range words.Languages() {
		v.Options = append(v.Options, option{Value: l, Text: words.Autonym(l), Chosen: l == c.f.book.Lang()})
	}
	as := c.f.book.Look()
	for _, k := range words.Calendars() {
		v.Calendars = append(v.Calendars, option{Value: string(k), Text: c.word(k), Chosen: k == as.Calendar})
	}
	v.Digits = []option{{Value: string(words.Western), Text: "0123"}, {Value: string(words.Eastern), Text: "٠١٢٣", Chosen: as.Digits == words.Eastern}}
	if as.Calendar == words.Hijri || as.Calendar == words.Both {
		v.Hijri = c.t("web.look-at.hijri-care")
	}
	if !c.f.book.Reviewed() {
		v.Care = c.t("web.language.unreviewed")
	}
	return v
}

// glossary shows the words that matter in the language of the page, with the
// English ones and their sources.
func (c *call) glossary(w http.ResponseWriter, _ *http.Request) error {
	c.show(w, http.StatusOK, "glossary", c.t("web.glossary.title"), false, c.f.book.Glossary())
	return nil
}
