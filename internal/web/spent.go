package web

import "net/http"

// spentLink tells whoever holds a login link that works no more what to do. He
// was given the secret, so that he learns nothing new; anybody else sees what he
// sees everywhere.
func (f *Face) spentLink(w http.ResponseWriter, r *http.Request, token string) {
	if !f.gate.was(token) {
		nothing(w)
		return
	}
	in, err := f.in(f.asked(r), shownAs{})
	if err != nil {
		nothing(w)
		return
	}
	in.bare(w, http.StatusNotFound, "spent", page{Title: in.book.T("web.title"), Lang: in.book.Lang(), Dir: in.book.Dir()})
}
