package web

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"sync"
)

// Bounds on what is kept of forms that were answered.
const (
	maxOutcomes = 64
	maxOutcome  = 256 << 10 // bytes of one answer
)

// once answers a form that comes again as it did the first time, and does
// nothing again. On a poor link an answer is lost after the deed is done; the
// person, or the browser, then sends the same form another time.
//
// Every form that is shown carries a number, which changes with each form that
// the session sends. So the same words sent from a form that was opened anew are
// another deed, and the same bytes are the same deed. What was answered is in
// memory alone, and gone when the desk is locked or stopped; then no form of
// before is taken (its token is of that start too).
type once struct {
	mu    sync.Mutex
	done  map[[32]byte]*outcome
	order [][32]byte // oldest first
}

// outcome is the answer to one form. It is whole when ready is closed.
type outcome struct {
	ready  chan struct{}
	status int
	header http.Header
	body   bytes.Buffer
	large  bool // the body is not kept
}

// formOnce gives the number of the forms that are shown now.
func (s *session) formOnce() string {
	m := hmac.New(sha256.New, s.key[:])
	m.Write([]byte("once"))
	m.Write(binary.BigEndian.AppendUint64(nil, s.sent.Load()))
	return encode(m.Sum(nil)[:12])
}

// do lets h answer the form in r, or answers as it did before.
func (o *once) do(w http.ResponseWriter, r *http.Request, s *session, home, path string, h http.Handler) {
	if r.PostForm.Get("once") == "" {
		h.ServeHTTP(w, r)
		return
	}
	m := sha256.New()
	for _, part := range []string{string(s.hash[:]), path, r.PostForm.Encode()} {
		m.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		m.Write([]byte(part))
	}
	key := [32]byte(m.Sum(nil))
	o.mu.Lock()
	was := o.done[key]
	if was == nil {
		was = &outcome{ready: make(chan struct{}), header: http.Header{}}
		o.done[key] = was
		if o.order = append(o.order, key); len(o.order) > maxOutcomes {
			delete(o.done, o.order[0])
			o.order = o.order[1:]
		}
		o.mu.Unlock()
		s.sent.Add(1)
		o.first(w, r, key, was, h)
		return
	}
	o.mu.Unlock()
	select {
	case <-was.ready:
		was.again(w, r, home)
	case <-r.Context().Done():
	}
}

// first has the form answered, and keeps the answer where something may have
// been done by it. What is begun is ended: a link that breaks does not stop it
// halfway.
func (o *once) first(w http.ResponseWriter, r *http.Request, key [32]byte, out *outcome, h http.Handler) {
	ended := false
	defer func() {
		if !ended || out.status >= http.StatusBadRequest { // nothing was done by it
			o.mu.Lock()
			delete(o.done, key)
			o.mu.Unlock()
		}
		close(out.ready)
	}()
	h.ServeHTTP(&twice{ResponseWriter: w, out: out}, r.WithContext(context.WithoutCancel(r.Context())))
	if out.status == 0 {
		out.status = http.StatusOK
	}
	ended = true
}

// again gives the answer another time. One that was too large to keep leads to
// the first page.
func (out *outcome) again(w http.ResponseWriter, r *http.Request, home string) {
	if out.large {
		http.Redirect(w, r, home, http.StatusSeeOther)
		return
	}
	for name, v := range out.header {
		w.Header()[name] = v
	}
	w.WriteHeader(out.status)
	w.Write(out.body.Bytes())
}

// twice writes an answer to whoever waits for it, and keeps it.
type twice struct {
	http.ResponseWriter
	out *outcome
}

// WriteHeader writes the status.
func (t *twice) WriteHeader(status int) {
	if t.out.status == 0 {
		t.out.status = status
		t.out.header = t.Header().Clone()
	}
	t.ResponseWriter.WriteHeader(status)
}

// Write writes a part of the body.
func (t *twice) Write(b []byte) (int, error) {
	if t.out.status == 0 {
		t.WriteHeader(http.StatusOK)
	}
	if t.out.body.Len()+len(b) > maxOutcome {
		t.out.large = true
	} else {
		t.out.body.Write(b)
	}
	return t.ResponseWriter.Write(b)
}
