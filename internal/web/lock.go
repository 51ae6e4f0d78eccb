package web

import (
	"io"
	"net/http"
	"time"
)

// locker is a desk that can be locked from its page.
type locker interface{ AskLock() }

func (f *Face) locks() locker {
	l, _ := f.h.(locker)
	return l
}

// Used tells when somebody last used the page; what an open page asks for by
// itself is no use.
func (f *Face) Used() time.Time {
	phone := f.phones.used()
	f.gate.mu.Lock()
	defer f.gate.mu.Unlock()
	if phone.After(f.gate.used) {
		return phone
	}
	return f.gate.used
}

// lock ends the session and locks the desk: the page is gone with it, and its
// lines go on ticking.
func (f *Face) lock(w http.ResponseWriter, r *http.Request) {
	l := f.locks()
	if l == nil {
		nothing(w)
		return
	}
	if !f.phone { // which stays paired, and finds nobody until the desk is unlocked
		f.gate.leave(sessionOf(r))
		http.SetCookie(w, f.gate.cookie("", -1))
	}
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, f.book.T("web.locked")+"\n")
	l.AskLock()
}
